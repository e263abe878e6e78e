/** `lab figure`: draws the paper's figure as an SVG with two rows of methods, from full runs or saved weights. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { METHOD_IDS, METHODS, type MethodId } from '../../bandit/methods.ts';
import type { BackendChoice, BanditMetrics } from '../../bandit/engine/protocol.ts';
import { HeadlessRun } from '../../bandit/headless-run.ts';
import { trainWithProgress } from '../method-report.ts';
import { percent, printJson, type Console } from '../console.ts';
import { startBackend } from '../../tensor/backend.ts';
import {
  addExperimentOptions,
  backendOption,
  experimentFrom,
  jsonOption,
  methods,
  sampleCount,
  steps as stepsOf,
} from '../options.ts';
import { COLOURS, field, fieldHeight, picture, text, type Field } from '../svg.ts';

const PANEL = 168;
const GAP = 20;
const MARGIN = 24;
const CAPTIONS = 3;

type StepsOf = Partial<Record<MethodId, number>>;

interface FigureFlags extends Record<string, unknown> {
  out: string;
  methods: MethodId[];
  stepsOf: StepsOf;
  samples: number;
  weights?: string;
  saveWeights?: string;
  backend: BackendChoice;
  json?: boolean;
}

interface Panel extends Field {
  method: MethodId;
  steps: number;
  metrics: BanditMetrics;
}

export function figureCommand(console: Console): Command {
  const command = new Command('figure')
    .description('Trains every method and draws the figure: cloning above, with a learned Q below.')
    .requiredOption('--out <file>', 'the SVG to write')
    .addOption(new Option('--methods <ids>', 'which methods').argParser(methods).default([...METHOD_IDS], 'all'))
    .addOption(
      new Option('--steps-of <method=n>', 'gradient steps of one method, in place of --steps; may be repeated')
        .argParser(methodSteps)
        .default({}, 'none'),
    )
    .addOption(new Option('--samples <n>', 'samples in each panel').argParser(sampleCount).default(1000))
    .addOption(new Option('--weights <folder>', 'takes <method>.safetensors from here where it is, without training'))
    .addOption(new Option('--save-weights <folder>', 'keeps what was trained as <method>.safetensors'))
    .addOption(backendOption())
    .addOption(jsonOption());
  return addExperimentOptions(command).action((flags: FigureFlags) => figure(flags, console));
}

async function figure(flags: FigureFlags, console: Console): Promise<void> {
  const info = await startBackend(flags.backend);
  const panels: Panel[] = [];
  for (const method of flags.methods) panels.push(await makePanel(method, flags, console));
  await mkdir(dirname(flags.out), { recursive: true });
  await writeFile(flags.out, draw(panels));
  if (flags.json) {
    const summary = panels.map(({ method, steps, metrics }) => ({ method, steps, ...metrics }));
    printJson(console, { out: flags.out, backend: info.backend, methods: summary });
  } else console.out(`${flags.out}: ${panels.length} methods\n`);
}

async function makePanel(method: MethodId, flags: FigureFlags, console: Console): Promise<Panel> {
  const experiment = experimentFrom(flags, [method]);
  const budget = flags.stepsOf[method] ?? experiment.budget;
  const headlessRun = new HeadlessRun({ ...experiment, budget }, method, flags.samples);
  try {
    const saved = flags.weights === undefined ? null : await savedWeights(flags.weights, method);
    if (saved) await headlessRun.load(saved);
    else await trainWithProgress(headlessRun, budget, budget, console);
    if (flags.saveWeights !== undefined && !saved) {
      await mkdir(flags.saveWeights, { recursive: true });
      await writeFile(join(flags.saveWeights, `${method}.safetensors`), await headlessRun.weights());
    }
    const { samples, metrics } = await headlessRun.measure();
    const { name, row, hasCritic } = METHODS[method];
    const quality = hasCritic ? `${percent(metrics.inBest)} in the best` : `MMD² ${metrics.mmd2.value.toFixed(3)}`;
    return {
      method,
      steps: headlessRun.step,
      metrics,
      title: name,
      captions: [`${headlessRun.step.toLocaleString('en')} steps`, `${percent(metrics.inMode)} in mode`, quality],
      colour: row === 'cloning' ? COLOURS.cloning : COLOURS.qLearning,
      modes: experiment.data.modes,
      data: headlessRun.points,
      samples,
    };
  } finally {
    headlessRun.dispose();
  }
}

async function savedWeights(folder: string, method: MethodId): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await readFile(join(folder, `${method}.safetensors`)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function draw(panels: readonly Panel[]): string {
  const rows = (['cloning', 'q-learning'] as const)
    .map((row) => panels.filter(({ method }) => METHODS[method].row === row))
    .filter((row) => row.length > 0);
  const columns = Math.max(...rows.map((row) => row.length));
  const rowHeight = 24 + fieldHeight(PANEL, CAPTIONS) + GAP;
  const width = 2 * MARGIN + columns * PANEL + (columns - 1) * GAP;
  const parts = rows.flatMap((row, index) => {
    const top = MARGIN + index * rowHeight;
    const method = (row[0] as Panel).method;
    const heading = METHODS[method].row === 'cloning' ? 'Behaviour cloning' : 'Policy improvement with a learned Q';
    return [
      text(MARGIN, top + 8, heading, { size: 12.5, colour: COLOURS.faint }),
      ...row.map((panel, column) => field(MARGIN + column * (PANEL + GAP), top + 24, PANEL, panel)),
    ];
  });
  return picture(width, 2 * MARGIN + rows.length * rowHeight - GAP, 'Samples of every method over the data', parts);
}

function methodSteps(value: string, before: StepsOf): StepsOf {
  const [id = '', count = ''] = value.split('=');
  const [method, ...others] = methods(id);
  if (!method || others.length > 0) throw new InvalidArgumentError('It takes one method, = and a number of steps.');
  return { ...before, [method]: stepsOf(count) };
}

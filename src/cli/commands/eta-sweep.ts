/** `lab eta-sweep`: draws the effect of the Q term's weight η on Diffusion-QL. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command, Option } from 'commander';
import type { Experiment } from '../../bandit/experiment.ts';
import type { BackendChoice, BanditMetrics } from '../../bandit/engine/protocol.ts';
import { fieldByKey } from '../../bandit/settings.ts';
import { trainBatched } from '../../bandit/batched-trainer.ts';
import { HeadlessRun } from '../../bandit/headless-run.ts';
import { trainWithProgress } from '../method-report.ts';
import { printJson, textTable, type Console } from '../console.ts';
import { startBackend } from '../../tensor/backend.ts';
import {
  addExperimentOptions,
  backendOption,
  experimentFrom,
  jsonOption,
  list,
  number,
  samplesOption,
} from '../options.ts';
import { trainingLines } from '../progress.ts';
import { COLOURS, field, fieldHeight, fixed, picture, text, type Field } from '../svg.ts';

const ETAS = [0, 0.1, 0.5, 1, 2.5, 5] as const;
const FIELD = 150;
const GAP = 14;
const MARGIN = 48;
const CHART_HEIGHT = 150;

interface SweepFlags extends Record<string, unknown> {
  out: string;
  values: number[];
  samples: number;
  backend: BackendChoice;
  json?: boolean;
}

interface SweepRow {
  eta: number;
  metrics: BanditMetrics;
  field: Field;
}

export function etaSweepCommand(console: Console): Command {
  const eta = fieldByKey('eta');
  if (eta.type !== 'number') throw new Error('η is a number.');
  const command = new Command('eta-sweep')
    .description('Trains Diffusion-QL at several η and draws effective modes and mean reward against it.')
    .addOption(
      new Option('--values <list>', 'values of η, with commas')
        .argParser(list(number({ min: eta.min, max: eta.max, whole: false })))
        .default([...ETAS], ETAS.join(',')),
    )
    .option('--out <file>', 'the SVG to write', 'docs/eta-sweep.svg')
    .addOption(samplesOption())
    .addOption(backendOption())
    .addOption(jsonOption());
  return addExperimentOptions(command, ['--eta']).action((flags: SweepFlags) => etaSweep(flags, console));
}

async function etaSweep(flags: SweepFlags, console: Console): Promise<void> {
  const info = await startBackend(flags.backend);
  const experiment = experimentFrom(flags, ['diffusion-ql']);
  const began = performance.now();
  const { rows, dispatches } = await (info.backend === 'webgpu' ? sweepBatched : sweepSequentially)(
    experiment,
    flags,
    console,
  );
  const seconds = (performance.now() - began) / 1000;
  await mkdir(dirname(flags.out), { recursive: true });
  await writeFile(flags.out, draw(rows, experiment.budget));
  if (flags.json) {
    const values = rows.map(({ eta, metrics }) => ({ eta, ...metrics }));
    printJson(console, {
      out: flags.out,
      steps: experiment.budget,
      backend: info.backend,
      seconds,
      dispatches,
      values,
    });
    return;
  }
  const table = rows.map(({ eta, metrics }) => [
    String(eta),
    metrics.effectiveModes.toFixed(2),
    metrics.meanReward.toFixed(2),
    metrics.inMode.toFixed(2),
    metrics.nearest.map((share) => share.toFixed(2)).join(' '),
  ]);
  console.out(textTable([['η', 'effective modes', 'mean reward', 'in mode', 'nearest'], ...table]));
}

interface Sweep {
  rows: SweepRow[];
  /** Dispatches of a step of all values, if they are one batch of agents on WebGPU; else null. */
  dispatches: number | null;
}

function headlessRunFor(experiment: Experiment, eta: number, { samples }: SweepFlags): HeadlessRun {
  const settings = { ...experiment.settings, eta };
  return new HeadlessRun({ ...experiment, settings }, 'diffusion-ql', samples);
}

/** Trains one value after the other. */
async function sweepSequentially(experiment: Experiment, flags: SweepFlags, console: Console): Promise<Sweep> {
  const rows: SweepRow[] = [];
  for (const eta of flags.values) {
    const headlessRun = headlessRunFor(experiment, eta, flags);
    try {
      console.progress(`η ${eta}\n`);
      await trainWithProgress(headlessRun, experiment.budget, experiment.budget, console);
      rows.push(await measured(headlessRun, eta, experiment));
    } finally {
      headlessRun.dispose();
    }
  }
  return { rows, dispatches: null };
}

/** Trains all values as one batch of agents: the same numbers, with the dispatches of one run. */
async function sweepBatched(experiment: Experiment, flags: SweepFlags, console: Console): Promise<Sweep> {
  const headlessRuns = flags.values.map((eta) => headlessRunFor(experiment, eta, flags));
  try {
    const { budget } = experiment;
    const isDue = trainingLines();
    const dispatches = await trainBatched(headlessRuns, budget, (step) => {
      if (isDue()) console.progress(`All values of η: step ${step} of ${budget}\n`);
    });
    const rows: SweepRow[] = [];
    for (const [index, eta] of flags.values.entries()) {
      rows.push(await measured(headlessRuns[index] as HeadlessRun, eta, experiment));
    }
    return { rows, dispatches };
  } finally {
    for (const headlessRun of headlessRuns) headlessRun.dispose();
  }
}

async function measured(headlessRun: HeadlessRun, eta: number, { data }: Experiment): Promise<SweepRow> {
  const { samples, metrics } = await headlessRun.measure();
  const captions = [`${metrics.effectiveModes.toFixed(2)} modes`, `reward ${metrics.meanReward.toFixed(2)}`];
  const field: Field = {
    title: `η = ${eta}`,
    captions,
    colour: COLOURS.qLearning,
    modes: data.modes,
    data: headlessRun.points,
    samples,
  };
  return { eta, metrics, field };
}

function draw(rows: readonly SweepRow[], steps: number): string {
  const width = 2 * MARGIN + rows.length * FIELD + (rows.length - 1) * GAP;
  const centre = (index: number) => MARGIN + index * (FIELD + GAP) + FIELD / 2;
  const top = 56;
  const modeCount = rows[0]?.field.modes.length ?? 1;
  const maxReward = Math.max(...(rows[0]?.field.modes ?? []).map((mode) => mode.reward));
  const fieldsTop = top + CHART_HEIGHT + 34;
  const parts = [
    text(MARGIN, 24, `Diffusion-QL after ${steps.toLocaleString('en')} steps, by the weight η of the Q term`, {
      size: 15,
      weight: 600,
    }),
    curve(
      rows.map((row, i) => [centre(i), row.metrics.effectiveModes / modeCount]),
      top,
      COLOURS.cloning,
    ),
    curve(
      rows.map((row, i) => [centre(i), Math.max(0, row.metrics.meanReward / maxReward)]),
      top,
      COLOURS.qLearning,
    ),
    `<path d="M${MARGIN} ${top}V${top + CHART_HEIGHT}H${width - MARGIN}V${top}" fill="none" stroke="${COLOURS.line}"/>`,
    axis(MARGIN - 8, top, modeCount, 'end', COLOURS.cloning),
    axis(width - MARGIN + 8, top, maxReward, 'start', COLOURS.qLearning),
    text(MARGIN, top - 10, 'effective modes', { size: 12, colour: COLOURS.cloning }),
    text(width - MARGIN, top - 10, 'mean reward', { size: 12, colour: COLOURS.qLearning, anchor: 'end' }),
    ...rows.map(({ eta }, i) =>
      text(centre(i), top + CHART_HEIGHT + 16, `η ${eta}`, { size: 11.5, colour: COLOURS.faint, anchor: 'middle' }),
    ),
    ...rows.map((row, i) => field(MARGIN + i * (FIELD + GAP), fieldsTop, FIELD, row.field)),
  ];
  return picture(width, fieldsTop + fieldHeight(FIELD, 2) + 16, 'Effective modes and mean reward against η', parts);
}

/** A line through points with heights as fractions of the chart's height. */
function curve(points: readonly (readonly [x: number, fraction: number])[], top: number, colour: string): string {
  const at = ([x, fraction]: readonly [number, number]) =>
    [fixed(x), fixed(top + CHART_HEIGHT * (1 - fraction))] as const;
  const line = points.map((point, i) => `${i === 0 ? 'M' : 'L'}${at(point).join(' ')}`).join('');
  const marks = points.map((point) => `<circle cx="${at(point)[0]}" cy="${at(point)[1]}" r="3.5"/>`).join('');
  return `<path d="${line}" fill="none" stroke="${colour}" stroke-width="2"/><g fill="${colour}">${marks}</g>`;
}

function axis(x: number, top: number, max: number, anchor: 'start' | 'end', colour: string): string {
  return [0, 0.5, 1]
    .map((fraction) =>
      text(x, top + CHART_HEIGHT * (1 - fraction) + 4, String(Number((fraction * max).toFixed(2))), {
        size: 11,
        colour,
        anchor,
      }),
    )
    .join('\n');
}

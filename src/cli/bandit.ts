/** `lab bandit`: trains methods on the bandit without a page, and prints what they became. */
import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { METHODS, type MethodId } from '../algorithms/catalogue.ts';
import { MAX_BUDGET } from '../training/experiment.ts';
import type { BackendChoice, BanditMetrics, EngineInfo } from '../training/protocol.ts';
import { Trainee } from '../training/trainee.ts';
import { percent, printJson, textTable, UsageError, type Console } from './console.ts';
import { startBackend } from '../tensor/backend.ts';
import {
  addExperimentOptions,
  backendOption,
  experimentFrom,
  jsonOption,
  methods,
  number,
  samplesOption,
} from './options.ts';

/** Candidates among which Diffusion-QL chooses when it acts on the D4RL tasks. */
const ACTING_CANDIDATES = 50;
/** Checkpoints at the end of a history that are averaged, since one alone says little of a run that swings. */
const AVERAGED = 5;
const PROGRESS_SECONDS = 5;

type Measured = BanditMetrics & { candidates50?: BanditMetrics };

export interface MethodReport extends Measured {
  method: MethodId;
  /** Gradient steps done. */
  steps: number;
  /** Seconds spent training. */
  seconds: number;
  stepsPerSecond: number;
  losses: Record<string, number>;
  /** With `--every`: the metrics on the way. */
  history?: ({ steps: number } & Measured)[];
  /** Mean over the last checkpoints of the history. */
  average?: { checkpoints: number; inMode: number; inBest: number; meanReward: number; mmd2: number };
}

interface BanditFlags extends Record<string, unknown> {
  method: MethodId[];
  samples: number;
  backend: BackendChoice;
  every?: number;
  save?: string;
  half?: boolean;
  json?: boolean;
}

export function banditCommand(console: Console): Command {
  const command = new Command('bandit')
    .description('Trains one method (or several) on the bandit and prints its metrics.')
    .addOption(
      new Option('--method <id>', 'the method; several with commas, or all').argParser(methods).makeOptionMandatory(),
    )
    .addOption(samplesOption())
    .addOption(backendOption())
    .addOption(
      new Option('--every <n>', 'measures every n steps as well, and averages the last ones').argParser(
        number({ min: 1, max: MAX_BUDGET, whole: true }),
      ),
    )
    .addOption(new Option('--save <file>', 'writes the weights as safetensors ({method} stands for the id)'))
    .addOption(new Option('--half', 'saves 16-bit floats'))
    .addOption(jsonOption());
  return addExperimentOptions(command).action((flags: BanditFlags) => bandit(flags, console));
}

async function bandit(flags: BanditFlags, console: Console): Promise<void> {
  const { method: ids, save } = flags;
  if (save !== undefined && ids.length > 1 && !save.includes('{method}')) {
    throw new UsageError('Several methods need several files: put {method} into the name given with --save.');
  }
  const experiment = experimentFrom(flags, ids);
  const info = await startBackend(flags.backend);
  const reports: MethodReport[] = [];
  for (const method of ids) {
    const trainee = new Trainee(experiment, method, flags.samples);
    try {
      reports.push(await train(trainee, experiment.budget, flags.every, console));
      if (save !== undefined) {
        await writeFile(save.replaceAll('{method}', method), await trainee.weights({ half: flags.half ?? false }));
      }
    } finally {
      trainee.dispose();
    }
  }
  const { preset, seed, data } = experiment;
  const about = { preset, placement: data.placement, seed, backend: info.backend, device: info.device };
  const [only] = reports;
  if (!flags.json) print(reports, info, console);
  else printJson(console, reports.length === 1 && only ? { ...only, ...about } : { methods: reports, ...about });
}

/** Trains to a number of steps, and measures there and every `every` steps on the way. */
export async function train(
  trainee: Trainee,
  steps: number,
  every: number | undefined,
  console: Console,
): Promise<MethodReport> {
  const history: ({ steps: number } & Measured)[] = [];
  let measured: Measured | null = null;
  for (const stop of stops(steps, every)) {
    await trainWithProgress(trainee, stop, steps, console);
    measured = await measure(trainee);
    history.push({ steps: stop, ...measured });
  }
  const { method, seconds, losses } = trainee;
  return {
    method,
    ...(measured as Measured),
    steps,
    seconds,
    stepsPerSecond: seconds > 0 ? steps / seconds : 0,
    losses: { ...losses },
    ...(every === undefined ? {} : { history, average: average(history.slice(-AVERAGED)) }),
  };
}

async function measure(trainee: Trainee): Promise<Measured> {
  const { metrics } = await trainee.measure();
  if (trainee.method !== 'diffusion-ql') return metrics;
  const { metrics: candidates50 } = await trainee.measure({ candidates: ACTING_CANDIDATES });
  return { ...metrics, candidates50 };
}

/** Trains to a step of `total`, with a line of progress now and then. */
export async function trainWithProgress(
  trainee: Trainee,
  stop: number,
  total: number,
  console: Console,
): Promise<void> {
  let told = performance.now();
  while (trainee.step < stop) {
    await trainee.trainTo(Math.min(stop, trainee.step + 50));
    if (performance.now() - told < PROGRESS_SECONDS * 1000) continue;
    told = performance.now();
    const rate = trainee.step / trainee.seconds;
    console.progress(`${METHODS[trainee.method].name}: step ${trainee.step} of ${total}, ${rate.toFixed(1)} steps/s\n`);
  }
}

function stops(steps: number, every: number | undefined): number[] {
  const all: number[] = [];
  for (let stop = every ?? steps; every !== undefined && stop < steps; stop += every) all.push(stop);
  return [...all, steps];
}

function average(rows: readonly Measured[]): NonNullable<MethodReport['average']> {
  const mean = (of: (row: Measured) => number) => rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  return {
    checkpoints: rows.length,
    inMode: mean((row) => row.inMode),
    inBest: mean((row) => row.inBest),
    meanReward: mean((row) => row.meanReward),
    mmd2: mean((row) => row.mmd2.value),
  };
}

function print(reports: readonly MethodReport[], info: EngineInfo, console: Console): void {
  const head = ['method', 'steps', 'steps/s', 'in mode', 'in best', 'nearest', 'MMD²', 'reward', 'regret', 'modes'];
  const rows = reports.flatMap((report) => {
    const line = (name: string, steps: number, rate: string, metrics: BanditMetrics) => [
      name,
      String(steps),
      rate,
      percent(metrics.inMode),
      percent(metrics.inBest),
      metrics.nearest.map((share) => share.toFixed(2)).join(' '),
      `${metrics.mmd2.value.toFixed(4)} (${metrics.mmd2.low.toFixed(4)} – ${metrics.mmd2.high.toFixed(4)})`,
      metrics.meanReward.toFixed(2),
      metrics.regret.toFixed(2),
      metrics.effectiveModes.toFixed(2),
    ];
    const name = METHODS[report.method].name;
    const early = (report.history ?? []).slice(0, -1).map((row) => line(name, row.steps, '', row));
    const last = [line(name, report.steps, report.stepsPerSecond.toFixed(1), report)];
    if (report.candidates50) last.push(line('  best of 50', report.steps, '', report.candidates50));
    return [...early, ...last];
  });
  console.out(textTable([head, ...rows]));
  console.out(`Engine: ${info.backend} (${info.device})${info.note ? `; ${info.note}` : ''}\n`);
}

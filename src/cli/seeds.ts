/** Trains one method for several seeds and reports means over them. */
import { writeFile } from 'node:fs/promises';
import { METHODS, type MethodId } from '../bandit/methods.ts';
import type { MeanInterval } from '../math/statistics.ts';
import type { Experiment } from '../bandit/experiment.ts';
import type { BanditMetrics } from '../bandit/engine/protocol.ts';
import { figuresOf, meansOver, type FigureName } from '../bandit/seed-means.ts';
import { canBatch, trainBatched } from '../bandit/batched-trainer.ts';
import { HeadlessRun } from '../bandit/headless-run.ts';
import { textTable, type Console } from './console.ts';
import { train, trainAll, type MeasuredStep, type MethodReport } from './method-report.ts';
import { trainingLines } from './progress.ts';

/** Means over seeds, with 95 % bootstrap intervals. */
type SeedMeans = Record<FigureName, MeanInterval>;

/** Means over seeds at a step. */
interface SeedsCheckpoint {
  steps: number;
  mean: SeedMeans;
  candidates50?: SeedMeans;
}

export interface SeedsReport extends SeedsCheckpoint {
  method: MethodId;
  /** Whether they were trained as one batch of agents, by the same dispatches. */
  together: boolean;
  /** With `--every`: the means during training. */
  history?: SeedsCheckpoint[];
  /** The last of each loss. */
  losses: Record<string, MeanInterval>;
  /** The report of each seed. */
  runs: (MethodReport & { seed: number })[];
}

interface TrainSeedsOptions {
  samples: number;
  every?: number;
  save?: string;
  half?: boolean;
}

/** Trains a method for each seed. Each seed's numbers are those of a single run. */
export async function trainSeeds(
  experiment: Experiment,
  method: MethodId,
  seeds: readonly number[],
  options: TrainSeedsOptions,
  console: Console,
): Promise<SeedsReport> {
  const batched = canBatch(seeds.length);
  const create = (seed: number) => new HeadlessRun({ ...experiment, seed }, method, options.samples);
  const runs = await (batched ? asBatch : inTurn)(seeds, create, experiment.budget, options, console);
  return {
    method,
    together: batched,
    ...meansOf(runs),
    ...(options.every === undefined ? {} : { history: historyOf(runs) }),
    losses: meansOver(runs.map(({ losses }) => losses)),
    runs: runs.map((run, index) => ({ seed: seeds[index] as number, ...run })),
  };
}

type TrainRuns = (
  seeds: readonly number[],
  create: (seed: number) => HeadlessRun,
  budget: number,
  options: TrainSeedsOptions,
  console: Console,
) => Promise<MethodReport[]>;

const inTurn: TrainRuns = async (seeds, create, budget, options, console) => {
  const runs: MethodReport[] = [];
  for (const seed of seeds) {
    const headlessRun = create(seed);
    try {
      runs.push(await train(headlessRun, budget, options.every, console));
      await saveWeights(headlessRun, seed, options);
    } finally {
      headlessRun.dispose();
    }
  }
  return runs;
};

const asBatch: TrainRuns = async (seeds, create, budget, options, console) => {
  const headlessRuns = seeds.map(create);
  const name = METHODS[(headlessRuns[0] as HeadlessRun).method].name;
  const isDue = trainingLines();
  try {
    const runs = await trainAll(headlessRuns, budget, options.every, async (stop) => {
      await trainBatched(headlessRuns, stop, (step) => {
        if (isDue()) console.progress(`${name}, ${seeds.length} seeds: step ${step} of ${budget}\n`);
      });
    });
    for (const [index, headlessRun] of headlessRuns.entries())
      await saveWeights(headlessRun, seeds[index] as number, options);
    return runs;
  } finally {
    for (const headlessRun of headlessRuns) headlessRun.dispose();
  }
};

/** Writes the weights to the `--save` file, if there is one. */
export async function saveWeights(
  headlessRun: HeadlessRun,
  seed: number,
  { save, half = false }: Pick<TrainSeedsOptions, 'save' | 'half'>,
): Promise<void> {
  if (save === undefined) return;
  const file = save.replaceAll('{method}', headlessRun.method).replaceAll('{seed}', String(seed));
  await writeFile(file, await headlessRun.weights({ half }));
}

function seedMeans(metrics: readonly BanditMetrics[]): SeedMeans {
  return meansOver(metrics.map(figuresOf));
}

function meansOf(checkpoints: readonly MeasuredStep[]): SeedsCheckpoint {
  const candidates = checkpoints.flatMap(({ candidates50 }) => candidates50 ?? []);
  return {
    steps: checkpoints[0]?.steps ?? 0,
    mean: seedMeans(checkpoints),
    ...(candidates.length > 0 ? { candidates50: seedMeans(candidates) } : {}),
  };
}

function historyOf(runs: readonly MethodReport[]): SeedsCheckpoint[] {
  const [first] = runs;
  return (first?.history ?? []).map((_, index) => meansOf(runs.map(({ history }) => history?.[index] as MeasuredStep)));
}

const percent = (value: number) => (100 * value).toFixed(1);
const fixed = (digits: number) => (value: number) => value.toFixed(digits);

const COLUMNS: readonly (readonly [head: string, name: FigureName, format: (value: number) => string])[] = [
  ['in mode %', 'inMode', percent],
  ['in best %', 'inBest', percent],
  ['MMD²', 'mmd2', fixed(4)],
  ['reward', 'meanReward', fixed(2)],
  ['regret', 'regret', fixed(2)],
  ['modes', 'effectiveModes', fixed(2)],
];

/** Prints means over seeds with intervals, one line per method and measured step. */
export function printSeeds(reports: readonly SeedsReport[], console: Console): void {
  const rows = reports.flatMap(({ method, runs, history, ...last }) => {
    const line = (name: string, steps: number, means: SeedMeans) => [
      name,
      String(steps),
      String(runs.length),
      ...COLUMNS.map(([, figure, format]) => {
        const { value, low, high } = means[figure];
        return `${format(value)} (${format(low)} – ${format(high)})`;
      }),
    ];
    const checkpoints = [...(history ?? []).slice(0, -1), last];
    const lines = checkpoints.map(({ steps, mean }) => line(METHODS[method].name, steps, mean));
    if (last.candidates50) lines.push(line('  best of 50', last.steps, last.candidates50));
    return lines;
  });
  console.out(textTable([['method', 'steps', 'seeds', ...COLUMNS.map(([head]) => head)], ...rows]));
}

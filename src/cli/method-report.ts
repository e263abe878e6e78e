/** Trains a method for a command and reports its metrics. */
import { METHODS, type MethodId } from '../bandit/methods.ts';
import type { BanditMetrics } from '../bandit/engine/protocol.ts';
import type { HeadlessRun } from '../bandit/headless-run.ts';
import type { Console } from './console.ts';
import { trainingLines } from './progress.ts';

/** Candidates that Diffusion-QL chooses among on the D4RL tasks. */
const ACTING_CANDIDATES = 50;
/** Last checkpoints of a history that are averaged, since a single one of a run that swings says little. */
const AVERAGED = 5;

type Measured = BanditMetrics & { candidates50?: BanditMetrics };

/** Metrics of a method at a step. */
export type MeasuredStep = { steps: number } & Measured;

export interface MethodReport extends Measured {
  method: MethodId;
  /** Gradient steps done. */
  steps: number;
  /** Seconds spent training. */
  seconds: number;
  stepsPerSecond: number;
  losses: Record<string, number>;
  /** With `--every`: the metrics during training. */
  history?: MeasuredStep[];
  /** Mean over the last checkpoints of the history. */
  average?: { checkpoints: number; inMode: number; inBest: number; meanReward: number; mmd2: number };
}

/** Trains to a number of steps, and measures there and every `every` steps before. */
export async function train(
  headlessRun: HeadlessRun,
  steps: number,
  every: number | undefined,
  console: Console,
): Promise<MethodReport> {
  const advance = (stop: number) => trainWithProgress(headlessRun, stop, steps, console);
  const [report] = await trainAll([headlessRun], steps, every, advance);
  return report as MethodReport;
}

/** Like `train`, for several runs at once. @param advance Trains all of them to a step. */
export async function trainAll(
  headlessRuns: readonly HeadlessRun[],
  steps: number,
  every: number | undefined,
  advance: (stop: number) => Promise<void>,
): Promise<MethodReport[]> {
  const histories = headlessRuns.map((): MeasuredStep[] => []);
  for (const stop of stops(steps, every)) {
    await advance(stop);
    for (const [index, headlessRun] of headlessRuns.entries()) {
      histories[index]?.push({ steps: stop, ...(await measure(headlessRun)) });
    }
  }
  return headlessRuns.map(({ method, seconds, losses }, index) => {
    const history = histories[index] as MeasuredStep[];
    return {
      method,
      ...(history.at(-1) as MeasuredStep),
      seconds,
      stepsPerSecond: seconds > 0 ? steps / seconds : 0,
      losses: { ...losses },
      ...(every === undefined ? {} : { history, average: average(history.slice(-AVERAGED)) }),
    };
  });
}

async function measure(headlessRun: HeadlessRun): Promise<Measured> {
  const { metrics } = await headlessRun.measure();
  if (headlessRun.method !== 'diffusion-ql') return metrics;
  const { metrics: candidates50 } = await headlessRun.measure({ candidates: ACTING_CANDIDATES });
  return { ...metrics, candidates50 };
}

/** Trains to a step of `total`, with progress lines. */
export async function trainWithProgress(
  headlessRun: HeadlessRun,
  stop: number,
  total: number,
  console: Console,
): Promise<void> {
  const isDue = trainingLines();
  while (headlessRun.step < stop) {
    await headlessRun.trainTo(Math.min(stop, headlessRun.step + 50));
    if (!isDue()) continue;
    const rate = headlessRun.step / headlessRun.seconds;
    console.progress(
      `${METHODS[headlessRun.method].name}: step ${headlessRun.step} of ${total}, ${rate.toFixed(1)} steps/s\n`,
    );
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

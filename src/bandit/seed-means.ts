/** Means of the metrics and losses of runs that differ only in their seed, with confidence intervals. */
import { meanInterval, type MeanInterval } from '../math/statistics.ts';
import type { BanditMetrics } from '../math/bandit-metrics.ts';

/** The figures of a policy that are one number each. */
export type FigureName = 'inMode' | 'inBest' | 'totalVariation' | 'mmd2' | 'meanReward' | 'regret' | 'effectiveModes';

type Figures = Record<FigureName, number>;

export function figuresOf({ mmd2, ...metrics }: BanditMetrics): Figures {
  const { inMode, inBest, totalVariation, meanReward, regret, effectiveModes } = metrics;
  return { inMode, inBest, totalVariation, mmd2: mmd2.value, meanReward, regret, effectiveModes };
}

/**
 * The mean over runs of each quantity that all of them have, with the interval in which 95 % of the means of resampled
 * runs lie.
 *
 * @param runs a row of numbers for each seed
 */
export function meansOver<Name extends string>(
  runs: readonly Readonly<Record<Name, number>>[],
): Record<Name, MeanInterval> {
  const names = Object.keys(runs[0] ?? {}) as Name[];
  const common = names.filter((name) => runs.every((run) => name in run));
  const means = common.map((name) => [name, meanInterval(runs.map((run) => run[name]))] as const);
  return Object.fromEntries(means) as Record<Name, MeanInterval>;
}

/** One method trained for several seeds, and what they say together. */
import { METHODS, type MethodId } from '../algorithms/catalogue.ts';
import { meanInterval, type MeanInterval } from '../math/aggregate.ts';
import type { Experiment } from '../training/experiment.ts';
import type { BanditMetrics } from '../training/protocol.ts';

/** Figures of a run that are one number each, by their names in a report. */
export const FIGURES = {
  inMode: (metrics) => metrics.inMode,
  inBest: (metrics) => metrics.inBest,
  totalVariation: (metrics) => metrics.totalVariation,
  mmd2: (metrics) => metrics.mmd2.value,
  meanReward: (metrics) => metrics.meanReward,
  regret: (metrics) => metrics.regret,
  effectiveModes: (metrics) => metrics.effectiveModes,
} as const satisfies Readonly<Record<string, (metrics: BanditMetrics) => number>>;
export type FigureName = keyof typeof FIGURES;

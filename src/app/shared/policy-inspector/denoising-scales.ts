/** What the pictures of a denoising are drawn from: scales, orders, histograms. Pure. */
import type { DenoisingTrace } from '../../../environments/rollouts/denoising-trace.ts';
import { quantile } from '../../../datasets/library/reward-profile.ts';

/** Noise reaches beyond the actions' ±1; a picture ends here. */
export const ACTION_EXTENT = 1.4;

/** Q measured from the best candidate's down, on a round scale that stays as it is while Q changes a little. */
export interface QScale {
  best: number;
  /** The scale goes from `best − span`, a round number. */
  span: number;
}

/** @param values [N] finite, at least one. */
export function qScale(values: Float32Array): QScale {
  let best = -Infinity;
  let least = Infinity;
  for (const value of values) {
    best = Math.max(best, value);
    least = Math.min(least, value);
  }
  return { best, span: roundUp(Math.max(best - least, 1e-3)) };
}

/** Where a value stands on the scale: 0 at its low end, 1 for the best. */
export function shareOf({ best, span }: QScale, value: number): number {
  return Math.min(1, Math.max(0, 1 - (best - value) / span));
}

/** The least round number that is no less: 1, 1.5, 2, 3, 4, 5, 6 or 8 times a power of ten. */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((one) => one * power >= value * (1 - 1e-9)) ?? 10;
  return Number((factor * power).toPrecision(6));
}

/** Candidates from the highest value to the lowest; without values as they are. */
export function ranked({ values, candidates }: Pick<DenoisingTrace, 'values' | 'candidates'>): number[] {
  const order = Array.from({ length: candidates }, (_, i) => i);
  return values ? order.sort((a, b) => values[b]! - values[a]! || a - b) : order;
}

/** The value of a candidate's action at a level. */
export function actionAt(
  { chains, candidates, width }: Pick<DenoisingTrace, 'chains' | 'candidates' | 'width'>,
  level: number,
  candidate: number,
  dimension: number,
): number {
  return chains[(level * candidates + candidate) * width + dimension]!;
}

/** One dimension of rows of actions [k, width]. */
export function columnOf(actions: Float32Array, width: number, dimension: number): Float32Array {
  return Float32Array.from({ length: actions.length / width }, (_, row) => actions[row * width + dimension]!);
}

/** The final actions of all candidates in one dimension. */
export function finalActions(trace: DenoisingTrace, dimension: number): Float32Array {
  const last = trace.times.length - 1;
  return Float32Array.from({ length: trace.candidates }, (_, row) => actionAt(trace, last, row, dimension));
}

/** Counts within [−1, 1] in bins of equal width; what lies at the ends or beyond counts in the outer ones. */
export function actionBins(actions: Float32Array, bins: number): Uint32Array {
  const counts = new Uint32Array(bins);
  for (const action of actions) {
    const bin = Math.floor(((action + 1) / 2) * bins);
    counts[Math.min(bins - 1, Math.max(0, bin))]!++;
  }
  return counts;
}

/** The tenth, the middle and the ninetieth of a hundred parts. */
export function spreadOf(values: Float32Array): [low: number, middle: number, high: number] {
  const sorted = [...values].sort((a, b) => a - b);
  return [quantile(sorted, 0.1), quantile(sorted, 0.5), quantile(sorted, 0.9)];
}

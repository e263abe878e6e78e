/** Scales, order and histograms of the denoising plots. Pure. */
import type { DenoisingTrace } from '../../../environments/rollouts/denoising-trace.ts';
import { quantile } from '../../../math/statistics.ts';

/** Limit of the plotted range: noise reaches beyond the ±1 of actions. */
export const ACTION_EXTENT = 1.4;

/** Q relative to the best candidate, on a rounded scale that is stable under small changes of Q. */
export interface QScale {
  best: number;
  /** The scale starts at `best − span`, a round number. */
  span: number;
}

/** @param values [N] finite, at least one. */
export function qScale(values: Float32Array): QScale {
  let best = -Infinity;
  let lowest = Infinity;
  for (const value of values) {
    best = Math.max(best, value);
    lowest = Math.min(lowest, value);
  }
  return { best, span: niceCeil(Math.max(best - lowest, 1e-3)) };
}

/** Position of a value on the scale: 0 at its low end, 1 for the best. */
export function shareOf({ best, span }: QScale, value: number): number {
  return Math.min(1, Math.max(0, 1 - (best - value) / span));
}

/** Rounds up to 1, 1.5, 2, 3, 4, 5, 6 or 8 times a power of ten. */
export function niceCeil(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((one) => one * power >= value * (1 - 1e-9)) ?? 10;
  return Number((factor * power).toPrecision(6));
}

/** Candidates sorted by descending Q; in their own order without Q. */
export function ranked({ values, candidates }: Pick<DenoisingTrace, 'values' | 'candidates'>): number[] {
  const order = Array.from({ length: candidates }, (_, i) => i);
  return values ? order.sort((a, b) => values[b]! - values[a]! || a - b) : order;
}

/** One dimension of a candidate's action at a denoising level. */
export function actionAt(
  { chains, candidates, width }: Pick<DenoisingTrace, 'chains' | 'candidates' | 'width'>,
  level: number,
  candidate: number,
  dimension: number,
): number {
  return chains[(level * candidates + candidate) * width + dimension]!;
}

/** One column of row-major values [k, width]. */
export function columnOf(actions: Float32Array, width: number, dimension: number): Float32Array {
  return Float32Array.from({ length: actions.length / width }, (_, row) => actions[row * width + dimension]!);
}

/** The final actions of all candidates in one dimension. */
export function finalActions(trace: DenoisingTrace, dimension: number): Float32Array {
  const last = trace.times.length - 1;
  return Float32Array.from({ length: trace.candidates }, (_, row) => actionAt(trace, last, row, dimension));
}

/** Counts in bins of equal width over [−1, 1]; values beyond count in the outer bins. */
export function actionBins(actions: Float32Array, bins: number): Uint32Array {
  const counts = new Uint32Array(bins);
  for (const action of actions) {
    const bin = Math.floor(((action + 1) / 2) * bins);
    counts[Math.min(bins - 1, Math.max(0, bin))]!++;
  }
  return counts;
}

/** The 10th, 50th and 90th percentile. */
export function spreadOf(values: Float32Array): [low: number, middle: number, high: number] {
  const sorted = [...values].sort((a, b) => a - b);
  return [quantile(sorted, 0.1), quantile(sorted, 0.5), quantile(sorted, 0.9)];
}

/**
 * Statistics of samples and of a few runs: quantiles, and the interquartile means and stratified bootstrap intervals of
 * Agarwal et al., 2021, "Deep reinforcement learning at the edge of the statistical precipice".
 */
import { RandomStream } from './streams.ts';

export interface MeanInterval {
  value: number;
  /** 95 % of resamples lie between them. */
  low: number;
  high: number;
}

const RESAMPLES = 2000;
const TAIL = 0.025;

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation (divided by n − 1); 0 of one value. */
export function deviationOf(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

/** A quantile of sorted values, linear between neighbours (Hyndman and Fan's type 7, numpy's default). */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  return low + (at - below) * ((sorted[below + 1] ?? low) - low);
}

/**
 * Mean of the middle half: a quarter of the weight is discarded at each end, where a value may count in part. For one or
 * two values this is their mean.
 *
 * @throws RangeError if there are no values.
 */
export function interquartileMean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('An interquartile mean needs a value.');
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const [low, high] = [n / 4, (3 * n) / 4];
  let sum = 0;
  sorted.forEach((value, i) => {
    const weight = Math.max(0, Math.min(i + 1, high) - Math.max(i, low));
    sum += weight * value;
  });
  return sum / (high - low);
}

/**
 * A statistic with its 95 % percentile interval: the values of each stratum (a task, for example) are resampled with
 * replacement, 2,000 times.
 *
 * @param seed of the resampling: the same values and seed give the same interval.
 * @throws RangeError if a stratum is empty.
 */
export function stratifiedBootstrap(
  strata: readonly (readonly number[])[],
  statistic: (values: readonly number[]) => number,
  seed = 0,
): MeanInterval {
  if (strata.length === 0 || strata.some((values) => values.length === 0)) {
    throw new RangeError('A bootstrap needs a value in every stratum.');
  }
  const count = strata.reduce((sum, values) => sum + values.length, 0);
  const stream = new RandomStream(seed, 'bootstrap');
  const uniform = new Float64Array(count);
  const resampled = new Array<number>(count);
  const found = new Float64Array(RESAMPLES);
  for (let i = 0; i < RESAMPLES; i++) {
    stream.fillUniform(uniform, i);
    let at = 0;
    for (const values of strata) {
      for (let k = 0; k < values.length; k++, at++) resampled[at] = values[Math.floor(uniform[at]! * values.length)]!;
    }
    found[i] = statistic(resampled);
  }
  found.sort();
  const nearestRank = (share: number) => found[Math.round(share * (RESAMPLES - 1))]!;
  return { value: statistic(strata.flat()), low: nearestRank(TAIL), high: nearestRank(1 - TAIL) };
}

/**
 * The interquartile mean of one task's runs with its bootstrap interval. For several tasks use `stratifiedBootstrap`.
 */
export function interquartileInterval(values: readonly number[], seed = 0): MeanInterval {
  return stratifiedBootstrap([values], interquartileMean, seed);
}

/** The mean of values with its bootstrap interval. */
export function meanInterval(values: readonly number[], seed = 0): MeanInterval {
  return stratifiedBootstrap([values], meanOf, seed);
}

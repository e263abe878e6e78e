/**
 * How good samples are, where the truth is known: the bandit's modes. Points are [n, 2] in one flat array, x then y.
 * A sample that is not finite lies in no mode and nearest to none, and makes an MMD² NaN.
 */
import type { RandomStream } from './streams.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A mode as the metrics need it: a Gaussian's centre, its σ along either axis, and the mean reward there. */
export interface RewardedMode extends Point {
  readonly sigma: number;
  readonly reward: number;
}

/** A value with its 95 % bootstrap interval. */
export interface Interval {
  value: number;
  low: number;
  high: number;
}

export interface BanditMetrics {
  /** Share of samples within 3σ of a centre. */
  inMode: number;
  /** Share of samples nearest to each mode, in the modes' order. */
  nearest: number[];
  /** Share of samples within 3σ of the mode with the highest mean reward (of any of them, if several share it). */
  inBest: number;
  /** Total variation of the nearest-mode shares from the data's. */
  totalVariation: number;
  mmd2: Interval;
  /** Mean over samples of the mode's mean reward inside a mode, 0 outside. */
  meanReward: number;
  /** Highest mean reward of a mode − meanReward. */
  regret: number;
  /** exp of the entropy of the nearest-mode shares. */
  effectiveModes: number;
}

/** A mode's radius in units of its σ. A two-dimensional Gaussian has 1 − exp(−9/2) = 98.9 % of its mass inside. */
export const MODE_RADIUS = 3;
/** Bandwidth of the Gaussian kernel of MMD², in units of the square's half side. */
export const MMD_BANDWIDTH = 0.2;

/**
 * Share of samples that lie within a radius of some centre.
 *
 * @param samples [n, 2], n > 0.
 * @param radii one for each centre.
 */
export function shareInMode(samples: ArrayLike<number>, centres: readonly Point[], radii: readonly number[]): number {
  const n = samples.length / 2;
  let inside = 0;
  for (let i = 0; i < n; i++) {
    const x = samples[2 * i]!;
    const y = samples[2 * i + 1]!;
    if (centres.some((centre, index) => squaredDistance(x, y, centre) <= radii[index]! ** 2)) inside++;
  }
  return inside / n;
}

/**
 * Share of samples nearest to each centre (the first of equally near ones), in the centres' order.
 *
 * @param samples [n, 2], n > 0.
 */
export function nearestShares(samples: ArrayLike<number>, centres: readonly Point[]): number[] {
  const n = samples.length / 2;
  const counts = new Array<number>(centres.length).fill(0);
  for (let i = 0; i < n; i++) {
    const nearest = nearestIndex(samples[2 * i]!, samples[2 * i + 1]!, centres);
    if (nearest >= 0) counts[nearest]!++;
  }
  return counts.map((count) => count / n);
}

/** Total variation distance of two distributions over the same outcomes: ½ Σ |p − q|, from 0 to 1. */
export function totalVariation(p: readonly number[], q: readonly number[]): number {
  return p.reduce((sum, value, index) => sum + Math.abs(value - q[index]!), 0) / 2;
}

/** Effective number of modes: exp of the entropy of the shares; from 1 to their number, 0 if all shares are 0. */
export function effectiveModes(shares: readonly number[]): number {
  if (shares.every((share) => share === 0)) return 0;
  return Math.exp(shares.reduce((sum, share) => (share > 0 ? sum - share * Math.log(share) : sum), 0));
}

/**
 * Mean over samples of the mean reward of the mode within whose 3σ a sample lies (of the nearest centre, if within
 * several), 0 outside of all.
 *
 * @param samples [n, 2], n > 0.
 */
export function meanReward(samples: ArrayLike<number>, modes: readonly RewardedMode[]): number {
  const n = samples.length / 2;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = samples[2 * i]!;
    const y = samples[2 * i + 1]!;
    let nearest = Infinity;
    let reward = 0;
    for (const mode of modes) {
      const squared = squaredDistance(x, y, mode);
      if (squared <= (MODE_RADIUS * mode.sigma) ** 2 && squared < nearest) {
        nearest = squared;
        reward = mode.reward;
      }
    }
    sum += reward;
  }
  return sum / n;
}

/** What is missing to the best mode: its mean reward − the samples' mean reward. */
export function regret(samplesMeanReward: number, modes: readonly RewardedMode[]): number {
  return bestReward(modes) - samplesMeanReward;
}

/**
 * Interquartile mean: the mean without the lowest and the highest ⌊n/4⌋ values (Agarwal et al., 2021).
 *
 * @returns NaN for no values.
 */
export function iqm(values: ArrayLike<number>): number {
  const sorted = Array.from(values).sort((a, b) => a - b);
  const cut = Math.floor(sorted.length / 4);
  const middle = sorted.slice(cut, sorted.length - cut);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/**
 * Unbiased squared maximum mean discrepancy (Gretton et al., 2012, eq. 3) with the Gaussian kernel
 * k(a, b) = exp(−‖a − b‖²/(2·bandwidth²)). It estimates 0 for equal distributions, and may then fall below 0.
 *
 * The factor 2 is the reading under which a Gaussian with the data's mean and spread lies at 0.2065 from the corners,
 * where the reference results have BC-MLE (0.20–0.21); exp(−‖a − b‖²/bandwidth²) would give 0.192.
 *
 * @param x [n, 2], n ≥ 2.
 * @param y [m, 2], m ≥ 2.
 * @throws RangeError if either has fewer than two points.
 */
export function mmd2Unbiased(x: ArrayLike<number>, y: ArrayLike<number>, bandwidth = MMD_BANDWIDTH): number {
  requirePoints(x);
  requirePoints(y);
  const scale = -1 / (2 * bandwidth ** 2);
  let across = 0;
  for (let i = 0; i < x.length; i += 2) {
    for (let j = 0; j < y.length; j += 2) {
      const dx = x[i]! - y[j]!;
      const dy = x[i + 1]! - y[j + 1]!;
      across += kernel(dx, dy, scale);
    }
  }
  return meanWithin(x, scale) + meanWithin(y, scale) - (2 * across) / ((x.length / 2) * (y.length / 2));
}

/** exp(scale · distance²); 0 below 1e-13, where an exponential would only cost time. */
function kernel(dx: number, dy: number, scale: number): number {
  const exponent = scale * (dx * dx + dy * dy);
  return exponent < -30 ? 0 : Math.exp(exponent);
}

/** Mean of the kernel over pairs of different points of one set. */
function meanWithin(x: ArrayLike<number>, scale: number): number {
  let sum = 0;
  for (let i = 2; i < x.length; i += 2) {
    for (let j = 0; j < i; j += 2) {
      const dx = x[i]! - x[j]!;
      const dy = x[i + 1]! - x[j + 1]!;
      sum += kernel(dx, dy, scale);
    }
  }
  const n = x.length / 2;
  return (2 * sum) / (n * (n - 1));
}

export interface BootstrapOptions {
  /** Draws the resamples; its lane numbers them. */
  readonly stream: RandomStream;
  readonly step: number;
  /** Number of resamples; 100 unless told. */
  readonly resamples?: number;
  readonly bandwidth?: number;
  /** In `banditMetrics`: how many of the samples MMD² uses, for its cost grows with their square; all unless told. */
  readonly points?: number;
}

/**
 * Unbiased MMD² of two sets of the same size with a 95 % bootstrap interval.
 *
 * The pairs z_i = (x_i, y_i) are resampled with multinomial weights w of the U-statistic (Gretton et al., 2012, Lemma 6)
 * U = mean over i ≠ j of h_ij = k(x_i, x_j) + k(y_i, y_j) − k(x_i, y_j) − k(x_j, y_i):
 * U* = Σ_{i≠j} w_i w_j h_ij / Σ_{i≠j} w_i w_j. The kernel is evaluated once, as a triangle of h; a resample is n²/2
 * multiplications. The interval is value + the 2.5 % and 97.5 % quantiles of (U* − U), made narrower by the factor
 * below, where value is `mmd2Unbiased`, which also uses the pairs (x_i, y_i).
 *
 * The factor: with ζ the variance of a point's mean h and σ² that of h, the variance of U is (4ζ + 2σ²/n)/n, but a
 * resample has (4ζ + 6σ²/n)/n, since the noise in each point's mean h is counted again (Arcones & Giné, 1992). This
 * is nothing where the distributions differ and a factor √3 in the width where they agree, so deviations are scaled
 * by the root of the two variances' ratio, both estimated from h.
 *
 * @param x [n, 2], n ≥ 4.
 * @param y [n, 2]
 * @throws RangeError if the sizes differ or are below 4 points.
 */
export function mmd2WithInterval(x: ArrayLike<number>, y: ArrayLike<number>, options: BootstrapOptions): Interval {
  const { stream, step, resamples = 100, bandwidth = MMD_BANDWIDTH } = options;
  if (x.length !== y.length || x.length < 8) {
    throw new RangeError(
      `An interval of MMD² needs two sets of the same size, 4 points or more, not ${x.length / 2} and ${y.length / 2}.`,
    );
  }
  const n = x.length / 2;
  const { triangle, rowSums, squares, value } = pairKernel(x, y, bandwidth);
  const pairs = n * (n - 1);
  const statistic = rowSums.reduce((sum, row) => sum + row, 0) / pairs;
  const variance = (2 * squares) / pairs - statistic ** 2;
  let rowVariance = 0;
  for (const row of rowSums) rowVariance += (row / (n - 1) - statistic) ** 2;
  rowVariance /= n - 1;
  const zeta = Math.max(0, rowVariance - variance / n);
  const inflated = 4 * zeta + (6 * variance) / n;
  const narrowing = inflated > 0 ? Math.sqrt((4 * zeta + (2 * variance) / n) / inflated) : 1;

  const deviations = new Float64Array(resamples);
  const picks = new Int32Array(n);
  const weights = new Float64Array(4 * n);
  for (let first = 0; first < resamples; first += 4) {
    weights.fill(0);
    const weightSquares = [0, 0, 0, 0];
    for (let slot = 0; slot < 4; slot++) {
      stream.fillIntegers(picks, n, step, first + slot);
      // Σ w² grows by (w + 1)² − w² with each pick.
      for (const pick of picks) weightSquares[slot]! += 2 * weights[4 * pick + slot]!++ + 1;
    }
    const sums = fourQuadraticForms(weights, triangle, n);
    for (let slot = 0; slot < 4 && first + slot < resamples; slot++) {
      const resampled = (2 * sums[slot]!) / (n * n - weightSquares[slot]!);
      deviations[first + slot] = narrowing * (resampled - statistic);
    }
  }
  deviations.sort();
  return { value, low: value + quantile(deviations, 0.025), high: value + quantile(deviations, 0.975) };
}

/**
 * The pair kernel h of `mmd2WithInterval` below its diagonal (row i from i(i−1)/2 on), the sums of its whole rows, the
 * sum of its squares below the diagonal, and `mmd2Unbiased` from the same terms.
 */
function pairKernel(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  bandwidth: number,
): { triangle: Float32Array; rowSums: Float64Array; squares: number; value: number } {
  const n = x.length / 2;
  const scale = -1 / (2 * bandwidth ** 2);
  const triangle = new Float32Array((n * (n - 1)) / 2);
  const rowSums = new Float64Array(n);
  let within = 0;
  let across = 0;
  let squares = 0;
  for (let i = 0, at = 0; i < n; i++) {
    const xi = x[2 * i]!;
    const xi1 = x[2 * i + 1]!;
    const yi = y[2 * i]!;
    const yi1 = y[2 * i + 1]!;
    let row = 0;
    for (let j = 0; j < i; j++, at++) {
      const xj = x[2 * j]!;
      const xj1 = x[2 * j + 1]!;
      const yj = y[2 * j]!;
      const yj1 = y[2 * j + 1]!;
      const same = kernel(xi - xj, xi1 - xj1, scale) + kernel(yi - yj, yi1 - yj1, scale);
      const other = kernel(xi - yj, xi1 - yj1, scale) + kernel(xj - yi, xj1 - yi1, scale);
      within += same;
      across += other;
      const h = same - other;
      triangle[at] = h;
      squares += h * h;
      row += h;
      rowSums[j]! += h;
    }
    rowSums[i]! += row;
    across += kernel(xi - yi, xi1 - yi1, scale);
  }
  return { triangle, rowSums, squares, value: (2 * within) / (n * (n - 1)) - (2 * across) / (n * n) };
}

/**
 * Σ_{j<i} w_i w_j h_ij for four weight vectors at once, interleaved as [n, 4]: one reading of h serves all four.
 */
function fourQuadraticForms(
  weights: Float64Array,
  triangle: Float32Array,
  n: number,
): [number, number, number, number] {
  let total0 = 0;
  let total1 = 0;
  let total2 = 0;
  let total3 = 0;
  let at = 0;
  for (let i = 0; i < 4 * n; i += 4) {
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let j = 0; j < i; j += 4, at++) {
      const h = triangle[at]!;
      sum0 += weights[j]! * h;
      sum1 += weights[j + 1]! * h;
      sum2 += weights[j + 2]! * h;
      sum3 += weights[j + 3]! * h;
    }
    total0 += weights[i]! * sum0;
    total1 += weights[i + 1]! * sum1;
    total2 += weights[i + 2]! * sum2;
    total3 += weights[i + 3]! * sum3;
  }
  return [total0, total1, total2, total3];
}

/** Quantile of sorted values, linear between neighbours. */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const lower = sorted[below]!;
  const upper = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return lower + (position - below) * (upper - lower);
}

/**
 * All metrics of a set of samples of the bandit.
 *
 * @param samples [n, 2], n ≥ 4.
 * @param reference [m, 2], m ≥ n: held-out points of the data; MMD² uses as many as samples.
 * @param dataShares nearest-mode shares of the data, in the modes' order.
 * @param random for the interval of MMD²: about 30 ms of one core for n = 500 and 100 resamples.
 * @throws RangeError if there are fewer reference points than samples, fewer than 4 samples, or no mode.
 */
export function banditMetrics(
  samples: Float32Array,
  reference: Float32Array,
  modes: readonly RewardedMode[],
  dataShares: readonly number[],
  random: BootstrapOptions,
): BanditMetrics {
  if (reference.length < samples.length) {
    throw new RangeError(
      `${samples.length / 2} samples need as many reference points; there are ${reference.length / 2}.`,
    );
  }
  if (modes.length === 0) throw new RangeError('The metrics of the bandit need at least one mode.');
  const paired = Math.min(samples.length, 2 * (random.points ?? samples.length));
  const radii = modes.map((mode) => MODE_RADIUS * mode.sigma);
  const best = modes.filter((mode) => mode.reward === bestReward(modes));
  const nearest = nearestShares(samples, modes);
  const reward = meanReward(samples, modes);
  return {
    inMode: shareInMode(samples, modes, radii),
    nearest,
    inBest: shareInMode(
      samples,
      best,
      best.map((mode) => MODE_RADIUS * mode.sigma),
    ),
    totalVariation: totalVariation(nearest, dataShares),
    mmd2: mmd2WithInterval(samples.subarray(0, paired), reference.subarray(0, paired), random),
    meanReward: reward,
    regret: regret(reward, modes),
    effectiveModes: effectiveModes(nearest),
  };
}

function bestReward(modes: readonly RewardedMode[]): number {
  return Math.max(...modes.map((mode) => mode.reward));
}

function squaredDistance(x: number, y: number, point: Point): number {
  return (x - point.x) ** 2 + (y - point.y) ** 2;
}

function nearestIndex(x: number, y: number, centres: readonly Point[]): number {
  let nearest = -1;
  let smallest = Infinity;
  centres.forEach((centre, index) => {
    const squared = squaredDistance(x, y, centre);
    if (squared < smallest) {
      smallest = squared;
      nearest = index;
    }
  });
  return nearest;
}

function requirePoints(x: ArrayLike<number>): void {
  if (x.length < 4) throw new RangeError(`MMD² needs at least two points on either side, not ${x.length / 2}.`);
}

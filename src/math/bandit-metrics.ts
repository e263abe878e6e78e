/**
 * Metrics of samples on the bandit, whose modes are known. Points are [n, 2] in one flat array, x then y. A sample that is
 * not finite is in no mode, has no nearest mode, and makes MMD² NaN.
 */
import { mmd2WithInterval, type BootstrapOptions, type Interval } from './mmd.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A mode as the metrics need it: a Gaussian's centre, its σ along either axis, and the mean reward there. */
export interface RewardedMode extends Point {
  readonly sigma: number;
  readonly reward: number;
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

/** Regret: the best mode's mean reward − the samples' mean reward. */
export function regret(samplesMeanReward: number, modes: readonly RewardedMode[]): number {
  return bestReward(modes) - samplesMeanReward;
}

interface MetricsOptions extends BootstrapOptions {
  /** Number of samples for MMD², whose cost grows with their square; default all. */
  readonly points?: number;
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
  random: MetricsOptions,
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

/** Rewards by step of the episode: the mean over all episodes, and a band of quantiles. */

import { quantile } from '../../math/statistics.ts';

export interface RewardProfile {
  /** Steps per point: each point aggregates that many steps of every episode that has them. */
  stride: number;
  /** The first step of each point, from 0. */
  steps: number[];
  mean: number[];
  /** The 10 % and 90 % quantiles of the rewards. */
  low: number[];
  high: number[];
  /** Episodes that reach the point's first step. */
  episodes: number[];
}

const LOW = 0.1;
const HIGH = 0.9;

/**
 * @param rewards [n], episode after episode.
 * @param starts each episode's first row.
 * @param points the most points.
 */
export function rewardProfile(rewards: Float32Array, starts: readonly number[], points: number): RewardProfile {
  const lengths = starts.map((start, episode) => (starts[episode + 1] ?? rewards.length) - start);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const stride = Math.max(1, Math.ceil(longest / points));
  const count = Math.ceil(longest / stride);
  const sizes = new Uint32Array(count);
  const episodes = new Array<number>(count).fill(0);
  for (const length of lengths) {
    for (let point = 0; point * stride < length; point++) {
      sizes[point]! += Math.min(stride, length - point * stride);
      episodes[point]!++;
    }
  }
  const groups = Array.from(sizes, (size) => new Float32Array(size));
  const filled = new Uint32Array(count);
  starts.forEach((start, episode) => {
    for (let step = 0; step < lengths[episode]!; step++) {
      const point = Math.floor(step / stride);
      groups[point]![filled[point]!++] = rewards[start + step]!;
    }
  });
  for (const group of groups) group.sort();
  return {
    stride,
    steps: groups.map((_, point) => point * stride),
    mean: groups.map((group) => group.reduce((sum, value) => sum + value, 0) / group.length),
    low: groups.map((group) => quantile(group, LOW)),
    high: groups.map((group) => quantile(group, HIGH)),
    episodes,
  };
}

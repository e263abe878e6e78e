/** The data of the plots on a dataset's card. */
import type { Manifest } from '../shards/manifest.ts';
import type { Trajectories } from '../transitions.ts';
import { columnHistograms, histogram, type Histogram } from './histogram.ts';
import { rewardProfile, type RewardProfile } from './reward-profile.ts';

export interface CardPictures {
  /** One per dimension. */
  observations: Histogram[];
  actions: Histogram[];
  rewards: Histogram;
  rewardOverTime: RewardProfile;
  /** [m, A] actions of rows spread evenly over the dataset, for the scatter plot of actions. */
  sampledActions: Float32Array;
  /** Milliseconds from the first byte read to all rows in memory with the index of transitions. */
  readyMs: number;
}

const BINS = 32;
const POINTS = 200;
const SAMPLED = 1500;

export function cardPictures(
  { observations, actions, rewards }: Trajectories,
  { counts, arrays, episodes }: Manifest,
): Omit<CardPictures, 'readyMs'> {
  return {
    observations: columnHistograms(observations, arrays.observations.shape[1], BINS),
    actions: columnHistograms(actions, arrays.actions.shape[1], BINS),
    rewards: histogram(rewards, BINS),
    rewardOverTime: rewardProfile(rewards, episodes.starts, POINTS),
    sampledActions: sampleRows(actions, counts.rows, SAMPLED),
  };
}

/** At most `most` rows, spread evenly over all of them. */
export function sampleRows(values: Float32Array, rows: number, most: number): Float32Array {
  const width = values.length / rows;
  const count = Math.min(rows, most);
  const out = new Float32Array(count * width);
  for (let i = 0; i < count; i++) {
    const row = Math.floor((i * rows) / count);
    out.set(values.subarray(row * width, (row + 1) * width), i * width);
  }
  return out;
}

/**
 * Transitions of trajectories by D4RL's rules: the next observation is that of the following row; a timeout row and the
 * last row make no transition; done is the terminal flag. Only row numbers are stored: a transition reads its next
 * observation at row + 1 of the same array.
 */
import { indexEpisodes } from './episodes.ts';

/** Trajectories in memory: observations [n, S] and actions [n, A] row-major, the rest [n]. */
export interface Trajectories {
  observations: Float32Array;
  actions: Float32Array;
  rewards: Float32Array;
  terminals: Uint8Array;
  timeouts: Uint8Array;
}

/** A batch of B transitions: observations and their successors [B, S], actions [B, A], rewards and dones [B]. */
export interface TransitionBatch {
  observations: Float32Array;
  actions: Float32Array;
  rewards: Float32Array;
  nextObservations: Float32Array;
  /** 1 where the environment ended the episode, else 0. */
  dones: Float32Array;
}

/** Rows that start a transition, in order. */
export function transitionRows(timeouts: ArrayLike<number>): Uint32Array<ArrayBuffer> {
  const count = countTransitions(timeouts);
  const rows = new Uint32Array(count);
  for (let row = 0, i = 0; i < count; row++) if (!timeouts[row]) rows[i++] = row;
  return rows;
}

/** The number of transitions, given timeouts [n]. */
export function countTransitions(timeouts: ArrayLike<number>): number {
  let count = 0;
  for (let row = 0; row + 1 < timeouts.length; row++) if (!timeouts[row]) count++;
  return count;
}

/**
 * Gathers the transitions of these rows.
 *
 * @param rows any of `transitionRows`, in any order.
 * @throws Error if a row has no successor.
 */
export function gatherTransitions(data: Trajectories, rows: ArrayLike<number>): TransitionBatch {
  const n = data.rewards.length;
  const width = data.observations.length / n;
  const actionWidth = data.actions.length / n;
  const batch: TransitionBatch = {
    observations: new Float32Array(rows.length * width),
    actions: new Float32Array(rows.length * actionWidth),
    rewards: new Float32Array(rows.length),
    nextObservations: new Float32Array(rows.length * width),
    dones: new Float32Array(rows.length),
  };
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (!(row >= 0 && row + 1 < n)) throw new Error(`Row ${row} makes no transition; rows 0 to ${n - 2} may.`);
    const at = row * width;
    batch.observations.set(data.observations.subarray(at, at + width), i * width);
    batch.nextObservations.set(data.observations.subarray(at + width, at + 2 * width), i * width);
    batch.actions.set(data.actions.subarray(row * actionWidth, (row + 1) * actionWidth), i * actionWidth);
    batch.rewards[i] = data.rewards[row]!;
    batch.dones[i] = data.terminals[row] ? 1 : 0;
  }
  return batch;
}

/**
 * Reward shapings of the published agents: `normalize` (r − mean)/std, `cql_antmaze` 4(r − 0.5), `iql_antmaze` r − 1,
 * `iql_locomotion` 1000·r/(max − min episode return), `antmaze` 2(r − 0.25).
 */
export const REWARD_SHAPINGS = [
  'none',
  'normalize',
  'cql_antmaze',
  'iql_antmaze',
  'iql_locomotion',
  'antmaze',
] as const;
export type RewardShaping = (typeof REWARD_SHAPINGS)[number];

/**
 * The shaped rewards, one per row. Mean and standard deviation (divided by n − 1) are over rows that start a
 * transition; episode returns are those of `indexEpisodes`.
 *
 * @throws Error if a shaping would divide by 0: equal rewards, or equal returns.
 */
export function shapeRewards(
  { rewards, terminals, timeouts }: Pick<Trajectories, 'rewards' | 'terminals' | 'timeouts'>,
  shaping: RewardShaping,
): Float32Array {
  switch (shaping) {
    case 'none':
      return rewards.slice();
    case 'normalize': {
      const { mean, std } = spread(rewards, transitionRows(timeouts));
      if (!(std > 0)) throw new Error('normalize needs rewards that differ; all of these are the same.');
      return rewards.map((reward) => (reward - mean) / std);
    }
    case 'cql_antmaze':
      return rewards.map((reward) => 4 * (reward - 0.5));
    case 'iql_antmaze':
      return rewards.map((reward) => reward - 1);
    case 'iql_locomotion': {
      const { returns } = indexEpisodes(rewards, terminals, timeouts);
      const range = largest(returns) + largest(returns.map((value) => -value));
      if (!(range > 0))
        throw new Error('iql_locomotion needs episodes whose returns differ; all of these are the same.');
      return rewards.map((reward) => (1000 * reward) / range);
    }
    case 'antmaze':
      return rewards.map((reward) => 2 * (reward - 0.25));
  }
}

function spread(values: Float32Array, rows: Uint32Array): { mean: number; std: number } {
  let sum = 0;
  for (const row of rows) sum += values[row]!;
  const mean = sum / rows.length;
  let squares = 0;
  for (const row of rows) squares += (values[row]! - mean) ** 2;
  return { mean, std: Math.sqrt(squares / (rows.length - 1)) };
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), -Infinity);
}

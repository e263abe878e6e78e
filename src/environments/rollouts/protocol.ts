/** Messages between a rollout pool and its workers. */
import type { PhysicsVariant } from '../physics-variant.ts';
import type { EnvironmentId } from '../bodies/ids.ts';
import type { Policy } from './policy.ts';

/** Settings shared by all episodes of a rollout. */
export interface RolloutSetting {
  readonly environment: EnvironmentId;
  readonly variant: PhysicsVariant;
  /** Seed of reset noise, action noise and uniform policies. */
  readonly seed: number;
  /** Return every step's row. */
  readonly rows?: boolean;
  /** Return sums of observations and their squares. */
  readonly moments?: boolean;
  /** Repeat the actions in the bare engine and return its time. */
  readonly timeEngine?: boolean;
}

export interface EpisodeRequest {
  /** Its number, which with the seed fixes all its random numbers. */
  readonly episode: number;
  /** Index of the policy that plays it. */
  readonly policy: number;
}

export interface EpisodeResult extends EpisodeRequest {
  /** Sum of the rewards, undiscounted. */
  readonly return: number;
  readonly steps: number;
  /** True where the body fell, false where the time limit cut the episode. */
  readonly terminal: boolean;
  readonly rows?: EpisodeRows;
  readonly moments?: ObservationMoments;
  /** Seconds of the same steps in the bare engine. */
  readonly engineSeconds?: number;
}

/** Observations before each step [steps, S], actions as applied [steps, A], rewards [steps]. */
export interface EpisodeRows {
  readonly observations: Float32Array;
  readonly actions: Float32Array;
  readonly rewards: Float32Array;
}

/** Sums over observations, [S] each. */
export interface ObservationMoments {
  readonly count: number;
  readonly sum: Float64Array;
  readonly squares: Float64Array;
}

/** A few episodes that one worker plays in order. */
export interface RolloutJob {
  readonly id: number;
  readonly setting: RolloutSetting;
  readonly policies: readonly Policy[];
  readonly orders: readonly EpisodeRequest[];
}

export type RolloutReply =
  | { readonly type: 'done'; readonly id: number; readonly results: readonly EpisodeResult[] }
  /** The job failed, and would fail on another worker too. */
  | { readonly type: 'failed'; readonly id: number; readonly message: string };

/** A worker of any kind, as a pool uses it. */
export interface RolloutWorker {
  send(job: RolloutJob): void;
  /** Terminates it. No reply follows. */
  end(): void;
}

export interface RolloutEvents {
  readonly reply: (reply: RolloutReply) => void;
  /** The worker died; its current job is lost. */
  readonly died: (reason: string) => void;
}

/** Starts a worker. */
export type SpawnWorker = (events: RolloutEvents) => RolloutWorker;

/** What a rollout worker is told, and what it answers. */
import type { PhysicsVariant } from '../physics-variant.ts';
import type { EnvironmentId } from '../bodies/ids.ts';
import type { Policy } from './policy.ts';

/** What every episode of a rollout has in common. */
export interface RolloutSetting {
  readonly environment: EnvironmentId;
  readonly variant: PhysicsVariant;
  /** Of reset noise, action noise and uniform policies. */
  readonly seed: number;
  /** Keeps every step's row. */
  readonly rows?: boolean;
  /** Adds up observations and their squares. */
  readonly moments?: boolean;
  /** Takes the same actions again, in the bare engine, and its time. */
  readonly timeEngine?: boolean;
}

export interface EpisodeOrder {
  /** Its number: with the seed, it fixes all its random numbers. */
  readonly episode: number;
  /** Which of the policies plays it. */
  readonly policy: number;
}

export interface EpisodeResult extends EpisodeOrder {
  /** Sum of the rewards, undiscounted. */
  readonly return: number;
  readonly steps: number;
  /** True where the body fell, false where the time limit cut the episode. */
  readonly terminal: boolean;
  readonly rows?: EpisodeRows;
  readonly moments?: ObservationMoments;
  /** Seconds that the bare engine takes for the same steps. */
  readonly engineSeconds?: number;
}

/** Observations before each step [steps, S], actions as the environment takes them [steps, A], rewards [steps]. */
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

/** A few episodes, to be run one after the other. */
export interface RolloutJob {
  readonly id: number;
  readonly setting: RolloutSetting;
  readonly policies: readonly Policy[];
  readonly orders: readonly EpisodeOrder[];
}

export type RolloutReply =
  | { readonly type: 'done'; readonly id: number; readonly results: readonly EpisodeResult[] }
  /** The job cannot be done; another worker would fail at it too. */
  | { readonly type: 'failed'; readonly id: number; readonly message: string };

/** What a pool does with a worker, of whatever kind. */
export interface RolloutWorker {
  send(job: RolloutJob): void;
  /** Ends it. It says nothing more. */
  end(): void;
}

export interface RolloutEvents {
  readonly reply: (reply: RolloutReply) => void;
  /** The worker ended by itself; whatever it was at is lost. */
  readonly died: (reason: string) => void;
}

/** Starts a worker. */
export type SpawnWorker = (events: RolloutEvents) => RolloutWorker;

/** What the page tells the worker that runs a body before the visitor's eyes, and what it hears. */
import type { PhysicsVariant } from '../physics-variant.ts';
import type { Policy } from '../rollouts/policy.ts';
import type { EnvironmentId } from '../tasks.ts';

/** What runs: the same set-up gives the same run, pushes aside. */
export interface StageSetup {
  readonly environment: EnvironmentId;
  readonly variant: PhysicsVariant;
  /** Of reset noise and policy noise; unsigned 32-bit integer. */
  readonly seed: number;
  readonly policy: Policy;
}

/** What follows the end of an episode: another, after a moment, or nothing. */
export type AfterEnd = 'restart' | 'stay';

/** Acceleration in m/s² that a push gives the whole body: forward, up. */
export type Push = readonly [forward: number, up: number];

export type StageCommand =
  | { readonly type: 'open'; readonly setup: StageSetup }
  /** So much of the page's time has passed while it played. Answered by a frame, as are `step`, `restart` and `open`. */
  | { readonly type: 'advance'; readonly ms: number; readonly speed: number; readonly afterEnd: AfterEnd }
  | { readonly type: 'step' }
  /** From the first episode on. */
  | { readonly type: 'restart' }
  /** Another policy moves the body from its next step on; the episode goes on. */
  | { readonly type: 'policy'; readonly policy: Policy }
  /** A short push. */
  | { readonly type: 'push'; readonly push: Push }
  /** A push that lasts until the next: null ends it. */
  | { readonly type: 'pull'; readonly push: Push | null };

/** One moment of a run. */
export interface StageFrame {
  /** Counts the set-ups that were opened, so that an answer to an earlier one is known as such. */
  readonly run: number;
  /** Positions to draw: between those of the last two steps. [positions] */
  readonly qpos: Float64Array;
  readonly episode: number;
  /** Steps taken in the episode. */
  readonly step: number;
  /** Of the last step. */
  readonly reward: number;
  /** Forward, over the last step, m/s. */
  readonly speed: number;
  /** Sum of the episode's rewards. */
  readonly return: number;
  /** The body fell, the time limit came, or the episode goes on. */
  readonly end: 'fall' | 'timeout' | null;
  /** Whether somebody pushed in this episode: its return is not the policy's own. */
  readonly pushed: boolean;
  /** Actions of the steps since the frame before, [steps, actions], as the environment took them. */
  readonly actions: Float32Array;
}

export type StageReply =
  /** The engine runs. `resources` are addresses of what it was loaded from. */
  | { readonly type: 'ready'; readonly version: string; readonly resources: readonly string[] }
  | { readonly type: 'frame'; readonly frame: StageFrame }
  | { readonly type: 'failed'; readonly message: string };

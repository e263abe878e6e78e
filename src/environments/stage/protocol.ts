/** Messages between the page and the worker that runs an interactive body. */
import type { PhysicsVariant } from '../physics-variant.ts';
import type { DenoisingTrace } from '../rollouts/denoising-trace.ts';
import type { Policy } from '../rollouts/policy.ts';
import type { EnvironmentId } from '../bodies/ids.ts';

/** Without pushes, the same set-up gives the same run. */
export interface StageSetup {
  readonly environment: EnvironmentId;
  readonly variant: PhysicsVariant;
  /** Seed of reset noise and policy noise; unsigned 32-bit integer. */
  readonly seed: number;
  readonly policy: Policy;
}

/** What follows the end of an episode: the next one after a short while, or nothing. */
export type AfterEnd = 'restart' | 'stay';

/** Acceleration in m/s² that a push gives the whole body: forward, up. */
export type Push = readonly [forward: number, up: number];

export type StageCommand =
  | { readonly type: 'open'; readonly setup: StageSetup }
  /** Wall-clock time has passed while it played. The reply is a frame, as for `step`, `restart` and `open`. */
  | { readonly type: 'advance'; readonly ms: number; readonly speed: number; readonly afterEnd: AfterEnd }
  | { readonly type: 'step' }
  /** Returns to the first episode. */
  | { readonly type: 'restart' }
  /** Replaces the policy from the next step on; the episode continues. */
  | { readonly type: 'policy'; readonly policy: Policy }
  /** A short push. */
  | { readonly type: 'push'; readonly push: Push }
  /** A push that lasts until the next: null ends it. */
  | { readonly type: 'pull'; readonly push: Push | null }
  /** Asks for the denoising trace of the next action. The reply is a `trace`; none for other policies. */
  | { readonly type: 'trace' };

/** A frame of a run. */
export interface StageFrame {
  /** Counts the set-ups that were opened, so that a late reply to an earlier one is recognised. */
  readonly run: number;
  /** Positions to draw, interpolated between the last two steps. [positions] */
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
  /** The body fell, the time limit was reached, or (null) the episode continues. */
  readonly end: 'fall' | 'timeout' | null;
  /** Whether the body was pushed in this episode: its return is then not the policy's own. */
  readonly pushed: boolean;
  /** Steps that were skipped since the last frame because the policy is slower than real time. */
  readonly missed: number;
  /** Actions since the last frame as the environment applied them, [steps, actions]. */
  readonly actions: Float32Array;
}

/** The denoising trace of the action in the current state. */
export interface StageTrace {
  /** As in a frame. */
  readonly run: number;
  readonly episode: number;
  /** Steps taken in the episode: the action is that of the next step. */
  readonly step: number;
  /** The policy's input, [S]. */
  readonly observation: Float32Array;
  readonly trace: DenoisingTrace;
}

export type StageReply =
  /** The engine runs. `resources` are the addresses that it was loaded from. */
  | { readonly type: 'ready'; readonly version: string; readonly resources: readonly string[] }
  | { readonly type: 'frame'; readonly frame: StageFrame }
  | { readonly type: 'trace'; readonly trace: StageTrace }
  | { readonly type: 'failed'; readonly message: string };

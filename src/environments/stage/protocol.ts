/** What the page tells the worker that runs a body before the visitor's eyes, and what it hears. */
import type { PhysicsVariant } from '../physics-variant.ts';
import type { DenoisingTrace } from '../rollouts/denoising-trace.ts';
import type { Policy } from '../rollouts/policy.ts';
import type { EnvironmentId } from '../bodies/ids.ts';

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
  | { readonly type: 'pull'; readonly push: Push | null }
  /** How a diffusion policy comes to its next action; answered by a `trace`, and not at all for another policy. */
  | { readonly type: 'trace' };

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
  /** Steps that were due and not taken since the frame before, lest the picture wait: the body is behind real time. */
  readonly missed: number;
  /** Actions of the steps since the frame before, [steps, actions], as the environment took them. */
  readonly actions: Float32Array;
}

/** How the policy comes to the action of the state that the body is in. */
export interface StageTrace {
  /** As in a frame. */
  readonly run: number;
  readonly episode: number;
  /** Steps taken in the episode: the action is that of the step to come. */
  readonly step: number;
  /** [S] what the policy sees. */
  readonly observation: Float32Array;
  readonly trace: DenoisingTrace;
}

export type StageReply =
  /** The engine runs. `resources` are addresses of what it was loaded from. */
  | { readonly type: 'ready'; readonly version: string; readonly resources: readonly string[] }
  | { readonly type: 'frame'; readonly frame: StageFrame }
  | { readonly type: 'trace'; readonly trace: StageTrace }
  | { readonly type: 'failed'; readonly message: string };

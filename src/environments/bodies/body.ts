/** What a body is, apart from its ids: a MuJoCo model and the task that Gym sets it. */
import type { Model } from '../mjcf.ts';
import { BODY_NAMES, type EnvironmentId } from './ids.ts';

/** What a policy sees of a state. */
export interface ObservationLayout {
  /** Numbers of an observation. */
  readonly width: number;
  /** Writes the observation of a state. @param observation [width], overwritten. */
  readonly observe: (qpos: ArrayLike<number>, qvel: ArrayLike<number>, observation: Float64Array) => void;
  /** The state that was observed; a coordinate that is not observed becomes 0. */
  readonly restore: (observation: ArrayLike<number>) => { qpos: number[]; qvel: number[] };
}

interface BodyFields {
  readonly id: EnvironmentId;
  readonly model: Model;
  /** Timesteps of the engine in one step of the environment. */
  readonly frameSkip: number;
  readonly observation: ObservationLayout;
  /**
   * Reward of a step.
   *
   * @param forwardVelocity distance along x over the step's time, m/s.
   * @param squaredAction ‖action‖².
   */
  readonly reward: (forwardVelocity: number, squaredAction: number) => number;
  /**
   * Whether the episode continues, given the state after a step.
   *
   * @param qpos x, height, angle, joints.
   */
  readonly healthy: (qpos: ArrayLike<number>, qvel: ArrayLike<number>) => boolean;
  /** Half-width of the uniform noise of a reset on positions; velocities: the same, or normal of this deviation. */
  readonly resetNoise: { readonly scale: number; readonly velocities: 'uniform' | 'normal' };
  /** Mean returns that D4RL normalises with (v2): of a uniform random policy, and of an expert. */
  readonly referenceReturns: { readonly min: number; readonly max: number };
  /** Labels of motors, where the model's own name is not plain enough. */
  readonly motorLabels?: Readonly<Record<string, string>>;
}

export interface BodyDefinition extends BodyFields {
  /** Gym's name, with its version. */
  readonly gymId: string;
  /** Widths of observation and action. */
  readonly observations: number;
  readonly actions: number;
  readonly referenceReturns: { readonly min: number; readonly max: number; readonly source: string };
}

/** Adds what follows from the fields of a body. */
export function defineBody(fields: BodyFields): BodyDefinition {
  const { id, model, observation, referenceReturns } = fields;
  return {
    ...fields,
    gymId: `${BODY_NAMES[id].gym}-v2`,
    observations: observation.width,
    actions: model.motors.length,
    referenceReturns: { ...referenceReturns, source: `D4RL, ${id} v2` },
  };
}

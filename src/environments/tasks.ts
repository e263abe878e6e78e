/**
 * The three locomotion tasks of Gym in version 2, which D4RL's data use: model, reward, end and reset noise of each, as
 * one row of data. A further body is a further row.
 */
import { HALFCHEETAH } from './models/halfcheetah.ts';
import { HOPPER } from './models/hopper.ts';
import { WALKER2D } from './models/walker2d.ts';
import type { EnvironmentId } from './ids.ts';
import type { Model } from './mjcf.ts';

export { ENVIRONMENT_IDS, isEnvironmentId, type EnvironmentId } from './ids.ts';

export interface LocomotionTask {
  readonly id: EnvironmentId;
  /** Gym's name. */
  readonly gymId: string;
  readonly model: Model;
  /** Timesteps of the engine in one step of the environment. */
  readonly frameSkip: number;
  /** Widths of observation and action. */
  readonly observations: number;
  readonly actions: number;
  /** Velocities in the observation are clipped to ± this. */
  readonly velocityClip: number;
  /** Reward of a step = distance/time + `aliveBonus` − `controlCost` · ‖action‖². */
  readonly aliveBonus: number;
  readonly controlCost: number;
  /** Half-width of the uniform noise of a reset on positions; velocities: the same, or normal of this deviation. */
  readonly resetNoise: { readonly scale: number; readonly velocities: 'uniform' | 'normal' };
  /**
   * Whether the body goes on, of the state after a step.
   *
   * @param qpos x, height, angle, joints.
   */
  readonly healthy: (qpos: ArrayLike<number>, qvel: ArrayLike<number>) => boolean;
}

/** An episode is cut after so many steps: a timeout, not an end. */
export const EPISODE_STEPS = 1000;

const HOPPER_BOUND = 100;

export const TASKS: Readonly<Record<EnvironmentId, LocomotionTask>> = {
  hopper: {
    id: 'hopper',
    gymId: 'Hopper-v2',
    model: HOPPER,
    frameSkip: 4,
    observations: 11,
    actions: 3,
    velocityClip: 10,
    aliveBonus: 1,
    controlCost: 1e-3,
    resetNoise: { scale: 0.005, velocities: 'uniform' },
    healthy: (qpos, qvel) =>
      qpos[1]! > 0.7 &&
      Math.abs(qpos[2]!) < 0.2 &&
      within(qpos, 2, HOPPER_BOUND) &&
      within(qvel, 0, HOPPER_BOUND) &&
      Number.isFinite(qpos[0]!),
  },
  halfcheetah: {
    id: 'halfcheetah',
    gymId: 'HalfCheetah-v2',
    model: HALFCHEETAH,
    frameSkip: 5,
    observations: 17,
    actions: 6,
    velocityClip: Infinity,
    aliveBonus: 0,
    controlCost: 0.1,
    resetNoise: { scale: 0.1, velocities: 'normal' },
    healthy: () => true,
  },
  walker2d: {
    id: 'walker2d',
    gymId: 'Walker2d-v2',
    model: WALKER2D,
    frameSkip: 4,
    observations: 17,
    actions: 6,
    velocityClip: 10,
    aliveBonus: 1,
    controlCost: 1e-3,
    resetNoise: { scale: 0.005, velocities: 'uniform' },
    healthy: (qpos) => qpos[1]! > 0.8 && qpos[1]! < 2 && Math.abs(qpos[2]!) < 1,
  },
};

/** Whether all values from `begin` on are finite and nearer to 0 than the bound. */
function within(values: ArrayLike<number>, begin: number, bound: number): boolean {
  for (let i = begin; i < values.length; i++) if (!(Math.abs(values[i]!) < bound)) return false;
  return true;
}

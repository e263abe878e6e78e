import { defineBody } from '../body.ts';
import { forwardReward, planarObservation } from '../planar.ts';
import { HOPPER_MODEL } from './model.ts';

/** Velocities, angle and joints beyond this end the episode. */
const BOUND = 100;

export const HOPPER = defineBody({
  id: 'hopper',
  model: HOPPER_MODEL,
  frameSkip: 4,
  observation: planarObservation(HOPPER_MODEL, 10),
  reward: forwardReward(1, 1e-3),
  healthy: (qpos, qvel) =>
    qpos[1]! > 0.7 &&
    Math.abs(qpos[2]!) < 0.2 &&
    within(qpos, 2, BOUND) &&
    within(qvel, 0, BOUND) &&
    Number.isFinite(qpos[0]!),
  resetNoise: { scale: 0.005, velocities: 'uniform' },
  referenceReturns: { min: -20.272305, max: 3234.3 },
});

/** Whether all values from `begin` on are finite and nearer to 0 than the bound. */
function within(values: ArrayLike<number>, begin: number, bound: number): boolean {
  for (let i = begin; i < values.length; i++) if (!(Math.abs(values[i]!) < bound)) return false;
  return true;
}

import { defineBody } from '../body.ts';
import { forwardReward, planarObservation } from '../planar.ts';
import { WALKER2D_MODEL } from './model.ts';

export const WALKER2D = defineBody({
  id: 'walker2d',
  model: WALKER2D_MODEL,
  frameSkip: 4,
  observation: planarObservation(WALKER2D_MODEL, 10),
  reward: forwardReward(1, 1e-3),
  healthy: (qpos) => qpos[1]! > 0.8 && qpos[1]! < 2 && Math.abs(qpos[2]!) < 1,
  resetNoise: { scale: 0.005, velocities: 'uniform' },
  referenceReturns: { min: 1.629008, max: 4592.3 },
});

import { defineBody } from '../body.ts';
import { forwardReward, planarObservation } from '../planar.ts';
import { HALFCHEETAH_MODEL } from './model.ts';

export const HALFCHEETAH = defineBody({
  id: 'halfcheetah',
  model: HALFCHEETAH_MODEL,
  frameSkip: 5,
  observation: planarObservation(HALFCHEETAH_MODEL, Infinity),
  reward: forwardReward(0, 0.1),
  healthy: () => true,
  resetNoise: { scale: 0.1, velocities: 'normal' },
  referenceReturns: { min: -280.178953, max: 12135.0 },
  motorLabels: {
    bthigh: 'back thigh',
    bshin: 'back shin',
    bfoot: 'back foot',
    fthigh: 'front thigh',
    fshin: 'front shin',
    ffoot: 'front foot',
  },
});

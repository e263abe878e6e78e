/** Hopper of Gym (after Erez, Tassa and Todorov 2011): one leg, three motors. Angles in degrees. */
import type { Model } from '../../mjcf.ts';
import { legMotors, uprightBody, type Leg } from '../legs.ts';
import { FLOOR, GRAVITY } from '../planar.ts';

const LEGS: readonly Leg[] = [{ suffix: '', foot: { offset: 0.13, radius: 0.06, halfLength: 0.195, friction: 2 } }];

export const HOPPER_MODEL: Model = {
  name: 'hopper',
  compiler: { angle: 'degree' },
  option: { timestep: 0.002, integrator: 'RK4', gravity: GRAVITY },
  defaults: {
    joint: { armature: 1, damping: 1, limited: true },
    geom: {
      condim: 1,
      contype: 1,
      conaffinity: 1,
      margin: 0.001,
      solimp: [0.8, 0.8, 0.01],
      solref: [0.02, 1],
    },
  },
  world: [FLOOR],
  bodies: [uprightBody(LEGS)],
  motors: legMotors(LEGS, 200),
};

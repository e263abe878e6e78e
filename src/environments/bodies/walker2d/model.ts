/** Walker2d of Gym: hopper's torso on two legs, six motors. Angles in degrees. */
import type { Model } from '../../mjcf.ts';
import { legMotors, uprightBody, type Leg } from '../legs.ts';
import { FLOOR, GRAVITY } from '../planar.ts';

const FOOT = { offset: 0.2, radius: 0.06, halfLength: 0.1 } as const;
const LEGS: readonly Leg[] = [
  { suffix: '', foot: { ...FOOT, friction: 0.9 } },
  { suffix: '_left', foot: { ...FOOT, friction: 1.9 } },
];

export const WALKER2D_MODEL: Model = {
  name: 'walker2d',
  compiler: { angle: 'degree' },
  option: { timestep: 0.002, integrator: 'RK4', gravity: GRAVITY },
  defaults: {
    joint: { armature: 0.01, damping: 0.1, limited: true },
    geom: { condim: 3, contype: 1, conaffinity: 0, density: 1000, friction: [0.7, 0.1, 0.1] },
  },
  world: [FLOOR],
  bodies: [uprightBody(LEGS)],
  motors: legMotors(LEGS, 100),
};

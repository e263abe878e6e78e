/** Walker2d of Gym: hopper's torso on two legs, six motors. Angles in degrees. */
import type { Model } from '../mjcf.ts';
import { leg } from './legs.ts';
import { FLOOR, GRAVITY, planarRoot } from './planar.ts';

const HEIGHT = 1.25;
const FOOT = { offset: 0.2, radius: 0.06, halfLength: 0.1 } as const;

export const WALKER2D: Model = {
  name: 'walker2d',
  compiler: { angle: 'degree' },
  option: { timestep: 0.002, integrator: 'RK4', gravity: GRAVITY },
  defaults: {
    joint: { armature: 0.01, damping: 0.1, limited: true },
    geom: { condim: 3, contype: 1, conaffinity: 0, density: 1000, friction: [0.7, 0.1, 0.1] },
  },
  world: [FLOOR],
  bodies: [
    {
      name: 'torso',
      pos: [0, 0, HEIGHT],
      joints: planarRoot(HEIGHT),
      geoms: [{ name: 'torso_geom', shape: { type: 'capsule', radius: 0.05, halfLength: 0.2 }, friction: [0.9] }],
      bodies: [
        leg({ suffix: '', thighFriction: 0.9, foot: { ...FOOT, friction: 0.9 } }),
        leg({ suffix: '_left', thighFriction: 0.9, foot: { ...FOOT, friction: 1.9 } }),
      ],
    },
  ],
  motors: ['thigh', 'leg', 'foot', 'thigh_left', 'leg_left', 'foot_left'].map((part) => ({
    name: part,
    joint: `${part}_joint`,
    gear: 100,
    ctrlrange: [-1, 1],
  })),
};

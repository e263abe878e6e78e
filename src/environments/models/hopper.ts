/** Hopper of Gym (after Erez, Tassa and Todorov 2011): one leg, three motors. Angles in degrees. */
import type { Model } from '../mjcf.ts';
import { leg } from './legs.ts';
import { FLOOR, GRAVITY, planarRoot } from './planar.ts';

const HEIGHT = 1.25;

export const HOPPER: Model = {
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
  bodies: [
    {
      name: 'torso',
      pos: [0, 0, HEIGHT],
      joints: planarRoot(HEIGHT),
      geoms: [{ name: 'torso_geom', shape: { type: 'capsule', radius: 0.05, halfLength: 0.2 }, friction: [0.9] }],
      bodies: [
        leg({
          suffix: '',
          thighFriction: 0.9,
          foot: { offset: 0.13, radius: 0.06, halfLength: 0.195, friction: 2 },
        }),
      ],
    },
  ],
  motors: ['thigh', 'leg', 'foot'].map((part) => ({
    name: part,
    joint: `${part}_joint`,
    gear: 200,
    ctrlrange: [-1, 1],
  })),
};

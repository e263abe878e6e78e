/** HalfCheetah of Gym (after Wawrzyński 2009): two legs of three limbs, six motors. Angles in radians. */
import type { Body, Model, Vec3 } from '../../mjcf.ts';
import { FLOOR, GRAVITY, planarRoot, turnY } from '../planar.ts';

const RADIUS = 0.046;

interface Limb {
  name: string;
  at: Vec3;
  damping: number;
  stiffness: number;
  range: readonly [number, number];
  geom: { at: Vec3; turn: number; halfLength: number };
}

/** From the torso downwards. */
const BACK: readonly Limb[] = [
  {
    name: 'bthigh',
    at: [-0.5, 0, 0],
    damping: 6,
    stiffness: 240,
    range: [-0.52, 1.05],
    geom: { at: [0.1, 0, -0.13], turn: -3.8, halfLength: 0.145 },
  },
  {
    name: 'bshin',
    at: [0.16, 0, -0.25],
    damping: 4.5,
    stiffness: 180,
    range: [-0.785, 0.785],
    geom: { at: [-0.14, 0, -0.07], turn: -2.03, halfLength: 0.15 },
  },
  {
    name: 'bfoot',
    at: [-0.28, 0, -0.14],
    damping: 3,
    stiffness: 120,
    range: [-0.4, 0.785],
    geom: { at: [0.03, 0, -0.097], turn: -0.27, halfLength: 0.094 },
  },
];

const FRONT: readonly Limb[] = [
  {
    name: 'fthigh',
    at: [0.5, 0, 0],
    damping: 4.5,
    stiffness: 180,
    range: [-1, 0.7],
    geom: { at: [-0.07, 0, -0.12], turn: 0.52, halfLength: 0.133 },
  },
  {
    name: 'fshin',
    at: [-0.14, 0, -0.24],
    damping: 3,
    stiffness: 120,
    range: [-1.2, 0.87],
    geom: { at: [0.065, 0, -0.09], turn: -0.6, halfLength: 0.106 },
  },
  {
    name: 'ffoot',
    at: [0.13, 0, -0.18],
    damping: 1.5,
    stiffness: 60,
    range: [-0.5, 0.5],
    geom: { at: [0.045, 0, -0.07], turn: -0.6, halfLength: 0.07 },
  },
];

/** A chain of limbs, each on the one before. */
function chain([first, ...rest]: readonly Limb[]): Body[] {
  if (!first) return [];
  const { name, at, damping, stiffness, range, geom } = first;
  return [
    {
      name,
      pos: at,
      joints: [{ name, type: 'hinge', axis: [0, 1, 0], pos: [0, 0, 0], damping, stiffness, range }],
      geoms: [
        {
          name,
          shape: { type: 'capsule', radius: RADIUS, halfLength: geom.halfLength },
          pos: geom.at,
          turn: turnY(geom.turn),
        },
      ],
      bodies: chain(rest),
    },
  ];
}

/** In the order of the actions. */
const GEARS = { bthigh: 120, bshin: 90, bfoot: 60, fthigh: 120, fshin: 60, ffoot: 30 };

export const HALFCHEETAH_MODEL: Model = {
  name: 'halfcheetah',
  compiler: { angle: 'radian', settotalmass: 14 },
  option: { timestep: 0.01, integrator: 'Euler', gravity: GRAVITY },
  defaults: {
    joint: {
      armature: 0.1,
      damping: 0.01,
      stiffness: 8,
      limited: true,
      solimplimit: [0, 0.8, 0.03],
      solreflimit: [0.02, 1],
    },
    geom: {
      condim: 3,
      contype: 1,
      conaffinity: 0,
      friction: [0.4, 0.1, 0.1],
      solimp: [0, 0.8, 0.01],
      solref: [0.02, 1],
    },
  },
  world: [FLOOR],
  bodies: [
    {
      name: 'torso',
      pos: [0, 0, 0.7],
      joints: planarRoot(0),
      geoms: [
        { name: 'torso', shape: { type: 'capsule', radius: RADIUS, halfLength: 0.5 }, turn: turnY(Math.PI / 2) },
        {
          name: 'head',
          shape: { type: 'capsule', radius: RADIUS, halfLength: 0.15 },
          pos: [0.6, 0, 0.1],
          turn: turnY(0.87),
        },
      ],
      bodies: [...chain(BACK), ...chain(FRONT)],
    },
  ],
  motors: Object.entries(GEARS).map(([joint, gear]) => ({ name: joint, joint, gear, ctrlrange: [-1, 1] })),
};

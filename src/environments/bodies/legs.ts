/** The torso and the leg that hopper and walker2d share, except for the foot. Lengths in metres, angles in degrees. */
import type { Body, GeomOptions, Model, Vec3 } from '../mjcf.ts';
import { planarRoot, turnY } from './planar.ts';

/** The coordinate z of the torso's centre in the initial pose. */
const HEIGHT = 1.25;
const FRICTION: GeomOptions = { friction: [0.9] };

/** The hinges of legs turn in the opposite direction to the torso's. */
const BACKWARDS: Vec3 = [0, -1, 0];

export interface Leg {
  /** Appended to each name: empty, or that of the left side. */
  readonly suffix: string;
  readonly foot: {
    /** Distance of the foot's frame in front of the leg. */
    readonly offset: number;
    readonly radius: number;
    readonly halfLength: number;
    readonly friction: number;
  };
}

/** Thigh, leg and foot, below a torso whose lower end is 0.2 below its centre. */
function leg({ suffix, foot }: Leg): Body {
  return {
    name: `thigh${suffix}`,
    pos: [0, 0, -0.2],
    joints: [{ name: `thigh${suffix}_joint`, type: 'hinge', axis: BACKWARDS, pos: [0, 0, 0], range: [-150, 0] }],
    geoms: [
      {
        name: `thigh${suffix}_geom`,
        shape: { type: 'capsule', radius: 0.05, halfLength: 0.225 },
        pos: [0, 0, -0.225],
        ...FRICTION,
      },
    ],
    bodies: [
      {
        name: `leg${suffix}`,
        pos: [0, 0, -0.7],
        joints: [{ name: `leg${suffix}_joint`, type: 'hinge', axis: BACKWARDS, pos: [0, 0, 0.25], range: [-150, 0] }],
        geoms: [{ name: `leg${suffix}_geom`, shape: { type: 'capsule', radius: 0.04, halfLength: 0.25 }, ...FRICTION }],
        bodies: [
          {
            name: `foot${suffix}`,
            pos: [foot.offset, 0, -0.35],
            joints: [
              {
                name: `foot${suffix}_joint`,
                type: 'hinge',
                axis: BACKWARDS,
                pos: [-foot.offset, 0, 0.1],
                range: [-45, 45],
              },
            ],
            geoms: [
              {
                name: `foot${suffix}_geom`,
                shape: { type: 'capsule', radius: foot.radius, halfLength: foot.halfLength },
                pos: [-foot.offset / 2, 0, 0.1],
                turn: turnY(-90),
                friction: [foot.friction],
              },
            ],
          },
        ],
      },
    ],
  };
}

/** An upright torso on its legs. */
export function uprightBody(legs: readonly Leg[]): Body {
  return {
    name: 'torso',
    pos: [0, 0, HEIGHT],
    joints: planarRoot(HEIGHT),
    geoms: [{ name: 'torso_geom', shape: { type: 'capsule', radius: 0.05, halfLength: 0.2 }, ...FRICTION }],
    bodies: legs.map(leg),
  };
}

/** A motor for each joint of the legs, within ±1. */
export function legMotors(legs: readonly Leg[], gear: number): Model['motors'] {
  return legs.flatMap(({ suffix }) =>
    ['thigh', 'leg', 'foot'].map((part) => ({
      name: `${part}${suffix}`,
      joint: `${part}${suffix}_joint`,
      gear,
      ctrlrange: [-1, 1],
    })),
  );
}

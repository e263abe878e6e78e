import { beforeAll, describe, expect, it } from 'vitest';
import { RandomStream } from '../math/streams.ts';
import type { PhysicsEngine } from './engine.ts';
import { Environment } from './environment.ts';
import { PlanarFigure, POSE_SIZE } from './kinematics.ts';
import type { Model } from './mjcf.ts';
import { PHYSICS_VARIANTS } from './physics-variant.ts';
import { BODIES } from './bodies/index.ts';
import { ENVIRONMENT_IDS } from './bodies/ids.ts';
import { testEngine } from './testing.ts';

let engine: PhysicsEngine;
beforeAll(async () => {
  engine = await testEngine();
});

describe('the figure of a body', () => {
  it.each(ENVIRONMENT_IDS)('%s: the planar figure has MuJoCo’s poses in any position', (id) => {
    const figure = new PlanarFigure(BODIES[id].model);
    const noise = new RandomStream(3, 'kinematics test');
    for (const variant of PHYSICS_VARIANTS) {
      const environment = new Environment(engine, id, { variant });
      const { physics } = environment;
      const { positions, velocities } = physics.sizes;
      expect(figure.positions).toBe(positions);
      const qpos = new Float64Array(positions);
      for (let trial = 0; trial < 20; trial++) {
        noise.fillUniform(qpos, trial);
        for (let i = 0; i < positions; i++) qpos[i] = 4 * qpos[i]! - 2;
        environment.setState(qpos, new Float64Array(velocities));
        const poses = figure.pose(qpos);
        const geoms = physics.geoms();
        // Of the geoms, the floor is first, and a massless capsule's mass is no part of the picture.
        const drawn = [...geoms.groups.keys()].filter((i) => i > 0 && geoms.groups[i]! <= 2);
        expect(drawn).toHaveLength(figure.parts.length);
        drawn.forEach((geom, part) => {
          const [x, z, angle] = poses.subarray(POSE_SIZE * part, POSE_SIZE * (part + 1));
          expect(x).toBeCloseTo(geoms.positions[3 * geom]!, 9);
          expect(z).toBeCloseTo(geoms.positions[3 * geom + 2]!, 9);
          // A capsule lies along its own z, the third column of its rotation.
          expect(Math.sin(angle!)).toBeCloseTo(geoms.rotations[9 * geom + 2]!, 9);
          expect(Math.cos(angle!)).toBeCloseTo(geoms.rotations[9 * geom + 8]!, 9);
          expect(figure.parts[part]!.radius).toBe(geoms.sizes[3 * geom]!);
          expect(figure.parts[part]!.halfLength).toBe(geoms.sizes[3 * geom + 1]!);
        });
      }
      environment.free();
    }
  });

  it('the planar figure distinguishes a walker’s two legs from its trunk', () => {
    const limbs = (id: 'hopper' | 'walker2d') => new PlanarFigure(BODIES[id].model).parts.map(({ limb }) => limb);
    expect(limbs('hopper')).toEqual(['trunk', 0, 0, 0]);
    expect(limbs('walker2d')).toEqual(['trunk', 0, 0, 0, 1, 1, 1]);
  });

  it('the planar figure rejects non-planar models, other shapes than capsules, and missing positions', () => {
    const { hopper } = BODIES;
    const [torso] = hopper.model.bodies;
    const joint = { name: 'sideways', type: 'slide', axis: [0, 1, 0] } as const;
    const ball = { name: 'ball', shape: { type: 'sphere', radius: 1 } } as const;
    const changed = (change: object): Model => ({ ...hopper.model, bodies: [{ ...torso!, ...change }] });
    expect(() => new PlanarFigure(changed({ joints: [joint] }))).toThrow('The slide sideways leaves the plane');
    expect(() => new PlanarFigure(changed({ geoms: [ball] }))).toThrow('ball is a sphere; capsules are drawn');
    expect(() => new PlanarFigure(changed({ pos: [0, 1, 0] }))).toThrow('torso is outside the plane');
    expect(() => new PlanarFigure(hopper.model).pose([1, 2])).toThrow('has 6 positions; these are 2');
  });
});

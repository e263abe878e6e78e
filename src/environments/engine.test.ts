import { beforeAll, describe, expect, it } from 'vitest';
import type { PhysicsEngine } from './engine.ts';
import { toMjcf, type Model } from './mjcf.ts';
import { modelFor, physicsLabel } from './physics-variant.ts';
import { mapBodies, testEngine } from './testing.ts';
import { BODIES } from './bodies/index.ts';
import { ENVIRONMENT_IDS } from './bodies/ids.ts';

let engine: PhysicsEngine;
beforeAll(async () => {
  engine = await testEngine();
});

/** Mass of each body, world left out, in kg. */
function masses(model: Model): number[] {
  const simulation = engine.simulate(toMjcf(model));
  const values = [...simulation.masses()].slice(1);
  simulation.free();
  return values;
}

describe('models', () => {
  it('bodies of the v2 model variant have their Gym masses', () => {
    // `env.model.body_mass` of Hopper-v2 in mujoco-py.
    const gym = [3.53429174, 3.92699082, 2.71433605, 5.0893801];
    masses(modelFor(BODIES.hopper.model, 'v2')).forEach((mass, i) => expect(mass).toBeCloseTo(gym[i]!, 6));
    // A capsule as it is: a cylinder and two half-balls.
    const capsule = 1000 * Math.PI * 0.05 ** 2 * (0.4 + (4 / 3) * 0.05);
    expect(masses(BODIES.hopper.model)[0]).toBeCloseTo(capsule, 6);
  });

  it.each(['v2', 'native'] as const)('the half-cheetah model weighs 14 kg, %s', (variant) => {
    const sum = masses(modelFor(BODIES.halfcheetah.model, variant)).reduce((a, b) => a + b, 0);
    expect(sum).toBeCloseTo(14, 9);
  });

  it.each(ENVIRONMENT_IDS)('the model of %s has the same poses and contacts in both variants', (id) => {
    const geomsOf = (model: Model) => {
      const simulation = engine.simulate(toMjcf(model));
      simulation.forward();
      const { positions, sizes, groups } = simulation.geoms();
      const shown = [...groups].flatMap((group, i) =>
        group > 2 ? [] : [[...positions.subarray(3 * i, 3 * i + 3), ...sizes.subarray(3 * i, 3 * i + 3)]],
      );
      simulation.free();
      return shown;
    };
    const native = geomsOf(BODIES[id].model);
    expect(native.length).toBeGreaterThan(4);
    expect(geomsOf(modelFor(BODIES[id].model, 'v2'))).toEqual(native);
  });

  it('the v2 variant halves contact margins only where a model has them', () => {
    expect(modelFor(BODIES.hopper.model, 'v2').defaults.geom?.margin).toBe(0.0005);
    expect(modelFor(BODIES.walker2d.model, 'v2').defaults.geom).not.toHaveProperty('margin');
    expect(modelFor(BODIES.hopper.model, 'native')).toBe(BODIES.hopper.model);
  });

  it('free and ball joints, boxes and spheres compile to a model', () => {
    const { pos, free, box } = { pos: [0, 0, 1], free: 'free', box: 'box' } as const;
    const model: Model = {
      name: 'a <box> & a "ball"',
      compiler: { angle: 'radian' },
      option: { timestep: 0.005, integrator: 'implicitfast', gravity: [0, 0, -9.81] },
      defaults: {},
      world: [{ name: 'floor', shape: { type: 'plane', halfSizes: [5, 5, 1] } }],
      bodies: [
        {
          name: 'trunk',
          pos,
          joints: [{ name: 'root', type: free }],
          geoms: [{ name: 'trunk', shape: { type: box, halfSizes: [0.2, 0.1, 0.05] }, mass: 2 }],
          bodies: [
            {
              name: 'arm',
              pos: [0.2, 0, 0],
              turn: { axis: [0, 0, 1], angle: 0.5 },
              joints: [{ name: 'shoulder', type: 'ball' }],
              geoms: [{ name: 'arm', shape: { type: 'sphere', radius: 0.1 }, pos: [0.1, 0, 0] }],
            },
          ],
        },
      ],
      motors: [],
    };
    const simulation = engine.simulate(toMjcf(model));
    expect(simulation.sizes).toEqual({ positions: 11, velocities: 9, controls: 0 });
    simulation.free();
  });
});

describe('a model that does not parse', () => {
  it.each([
    ['an unknown type', '<geom type="blob"/>', /line 3, "<geom type="blob"\/>".*blob/],
    ['broken XML', '<geom <size="1"/>', /line 3/],
    ['a massless body', '<body name="b"><joint type="slide"/></body>', /line 3.*mass/],
  ])('a model that does not parse is rejected with its line: %s', (_, line, complaint) => {
    expect(() => engine.simulate(`<mujoco>\n<worldbody>\n${line}\n</worldbody>\n</mujoco>`)).toThrow(complaint);
  });

  it('a motor on a missing joint is rejected with its line', () => {
    const { model } = BODIES.hopper;
    const wrong = { ...model, motors: [{ ...model.motors[0]!, joint: 'knee' }] };
    expect(() => engine.simulate(toMjcf(wrong))).toThrow(/at line \d+, "<motor .*knee/);
  });

  it('a model that does not compile leaves no live simulation', () => {
    const before = engine.liveSimulations();
    expect(() => engine.simulate('<mujoco>')).toThrow('does not compile');
    expect(engine.liveSimulations()).toBe(before);
  });
});

describe('energy', () => {
  const SECONDS = 0.4;

  /** Thrown up and spinning, far above the floor; energies in J at the begin and after each timestep. */
  function flight(model: Model): number[] {
    const simulation = engine.simulate(toMjcf(model));
    const { qpos, qvel } = simulation.state();
    qpos[1] = 20;
    qvel[0] = 1;
    qvel[1] = 2;
    qvel[2] = 1.5;
    const energies: number[] = [];
    for (let t = 0; t < SECONDS; t += simulation.timestep) {
      simulation.forward();
      const { potential, kinetic } = simulation.energy();
      energies.push(potential + kinetic);
      simulation.step(1);
    }
    simulation.free();
    return energies;
  }

  it.each(ENVIRONMENT_IDS)('energy of %s is conserved in flight without dampers', (id) => {
    // Springs and dampers off; joint limits too, since they take energy in a knock.
    const loose = mapBodies(modelFor(BODIES[id].model, 'v2'), (body) => ({
      ...body,
      joints: body.joints.map((joint) => ({ ...joint, damping: 0, stiffness: 0, limited: false })),
    }));
    // By RK4 for all three: Euler's own error would hide what is looked for.
    const energies = flight({ ...loose, option: { ...loose.option, integrator: 'RK4', timestep: 0.002 } });
    const drift = energies.map((energy) => Math.abs(energy - energies[0]!));
    expect(Math.max(...drift)).toBeLessThan(1e-5);
  });

  it.each(ENVIRONMENT_IDS)('energy of %s never rises in flight with dampers', (id) => {
    const { model } = BODIES[id];
    const energies = flight({ ...model, option: { ...model.option, integrator: 'RK4', timestep: 0.002 } });
    const highest = Math.max(...energies);
    expect(highest - energies[0]!).toBeLessThan(1e-5);
    expect(energies.at(-1)! - energies[0]!).toBeLessThan(-1e-3);
  });

  it.each(ENVIRONMENT_IDS)('%s comes to rest on the floor', (id) => {
    const simulation = engine.simulate(toMjcf(modelFor(BODIES[id].model, 'v2')));
    simulation.step(Math.round(15 / simulation.timestep));
    simulation.forward();
    const { positions, sizes, groups } = simulation.geoms();
    expect(simulation.energy().kinetic).toBeLessThan(1e-4);
    // Nothing has sunk in, and nothing hangs in the air.
    groups.forEach((group, i) => {
      if (i === 0 || group > 2) return;
      expect(positions[3 * i + 2]).toBeGreaterThan(0.9 * sizes[3 * i]!);
      expect(positions[3 * i + 2]).toBeLessThan(1.2);
    });
    simulation.free();
  });
});

describe('names', () => {
  it('physics labels name the MuJoCo version and the variant', () => {
    expect(physicsLabel('v2', engine.version)).toBe('MuJoCo 3.14, v2-compatible');
    expect(physicsLabel('native', '3.14.0')).toBe('MuJoCo 3.14, native');
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { RandomStream } from '../math/streams.ts';
import type { PhysicsEngine } from './engine.ts';
import { Environment, type EnvironmentOptions, type StepResult } from './environment.ts';
import { EPISODE_STEPS, BODIES } from './bodies/index.ts';
import { ENVIRONMENT_IDS, type EnvironmentId } from './bodies/ids.ts';
import { testEngine } from './testing.ts';

let engine: PhysicsEngine;
beforeAll(async () => {
  engine = await testEngine();
});

/** Runs `body` with an environment that is freed afterwards. */
function withEnvironment<T>(id: EnvironmentId, body: (environment: Environment) => T, options?: EnvironmentOptions): T {
  const environment = new Environment(engine, id, options);
  try {
    return body(environment);
  } finally {
    environment.free();
  }
}

/** The return of an episode of uniform random actions. */
function randomReturn(environment: Environment, episode: number, record: StepResult[] = []): number {
  const stream = new RandomStream(11, 'random policy');
  const action = new Float64Array(environment.body.actions);
  environment.reset(episode);
  for (let step = 0, sum = 0; ; step++) {
    stream.fillUniform(action, step, episode);
    const result = environment.step(action.map((value) => 2 * value - 1));
    sum += result.reward;
    record.push(result);
    if (result.terminal || result.timeout) return sum;
  }
}

describe('an environment', () => {
  it.each(ENVIRONMENT_IDS)('%s: the environment has the task’s widths and initial noise', (id) => {
    withEnvironment(id, (environment) => {
      const { body } = environment;
      expect(environment.observation).toHaveLength(body.observations);
      expect(environment.physics.sizes.controls).toBe(body.actions);
      const { scale, velocities } = body.resetNoise;
      const positions = environment.physics.sizes.positions;
      let largest = 0;
      for (let episode = 0; episode < 50; episode++) {
        environment.reset(episode);
        const { qpos, qvel } = environment.physics.state();
        const height = id === 'halfcheetah' ? 0 : 1.25;
        qpos.forEach((value, i) => expect(Math.abs(value - (i === 1 ? height : 0))).toBeLessThanOrEqual(scale));
        largest = Math.max(largest, ...qvel.map(Math.abs));
        expect([...environment.observation.subarray(0, positions - 1)]).toEqual([...qpos.subarray(1)]);
      }
      // A normal deviate exceeds its deviation, a uniform one never.
      if (velocities === 'normal') expect(largest).toBeGreaterThan(2 * scale);
      else expect(largest).toBeLessThanOrEqual(scale);
    });
  });

  it.each(ENVIRONMENT_IDS)('%s: environment steps repeat for a seed and differ between seeds', (id) => {
    const first = withEnvironment(id, (environment) => randomReturn(environment, 3), { seed: 5 });
    const again = withEnvironment(
      id,
      (environment) => {
        randomReturn(environment, 8);
        return randomReturn(environment, 3);
      },
      { seed: 5 },
    );
    expect(again).toBe(first);
    expect(withEnvironment(id, (environment) => randomReturn(environment, 3), { seed: 6 })).not.toBe(first);
    expect(withEnvironment(id, (environment) => randomReturn(environment, 4), { seed: 5 })).not.toBe(first);
  });

  // Mean return and how far a run of so many episodes may be from it: some five of its standard errors.
  it.each([
    ['hopper', 18, 4, 200],
    ['halfcheetah', -280, 40, 12],
    ['walker2d', 2, 2, 200],
  ] as const)('%s: a random policy returns about %d', (id, mean, tolerance, episodes) => {
    withEnvironment(id, (environment) => {
      let sum = 0;
      for (let episode = 0; episode < episodes; episode++) sum += randomReturn(environment, episode);
      expect(Math.abs(sum / episodes - mean)).toBeLessThan(tolerance);
    });
  });

  it('an environment times out after 1,000 steps, which is not terminal', () => {
    withEnvironment('halfcheetah', (environment) => {
      const steps: StepResult[] = [];
      randomReturn(environment, 0, steps);
      expect(steps).toHaveLength(EPISODE_STEPS);
      expect(steps.at(-1)).toMatchObject({ terminal: false, timeout: true });
      expect(steps.at(-2)).toMatchObject({ terminal: false, timeout: false });
    });
  });

  it('an episode ends when the hopper leans or sinks and when the walker falls', () => {
    const endsAt = (id: EnvironmentId, height: number, angle: number) =>
      withEnvironment(id, (environment) => {
        const { positions, velocities } = environment.physics.sizes;
        const qpos = new Float64Array(positions);
        qpos[1] = height;
        qpos[2] = angle;
        environment.setState(qpos, new Float64Array(velocities));
        return environment.step(new Float64Array(environment.body.actions)).terminal;
      });
    expect(endsAt('hopper', 1.3, 0)).toBe(false);
    expect(endsAt('hopper', 1.3, 0.22)).toBe(true);
    expect(endsAt('hopper', 0.65, 0)).toBe(true);
    expect(endsAt('walker2d', 1.3, 0.9)).toBe(false);
    expect(endsAt('walker2d', 1.3, -1.1)).toBe(true);
    expect(endsAt('walker2d', 2.1, 0)).toBe(true);
    expect(endsAt('halfcheetah', -0.3, 3)).toBe(false);
  });

  it('observed velocities are clipped, except the half-cheetah’s', () => {
    for (const id of ENVIRONMENT_IDS) {
      withEnvironment(id, (environment) => {
        const { positions, velocities } = environment.physics.sizes;
        const qvel = new Float64Array(velocities).fill(-12);
        environment.setState(new Float64Array(positions), qvel);
        const seen = [...environment.observation.subarray(positions - 1)];
        expect(seen).toEqual([...qvel.fill(id === 'halfcheetah' ? -12 : -10)]);
      });
    }
  });
});

describe('actions', () => {
  const beyond = [2, -3, 0.5];
  const clipped = [1, -1, 0.5];
  const stepOf = (action: readonly number[], options?: EnvironmentOptions) =>
    withEnvironment('hopper', (environment) => ({ ...environment.step(action), seen: [...environment.observation] }), {
      ...options,
    });

  it('actions beyond ±1 are clipped and cost as clipped', () => {
    expect(stepOf(beyond)).toEqual(stepOf(clipped));
  });

  it('Gym actions beyond ±1 cost as given and move the body as clipped', () => {
    const gym = stepOf(beyond, { actions: 'gym' });
    expect(gym.seen).toEqual(stepOf(clipped).seen);
    expect(stepOf(clipped).reward - gym.reward).toBeCloseTo(1e-3 * (4 + 9 - 2), 12);
  });

  it('actions beyond ±1 can be rejected', () => {
    expect(() => stepOf(beyond, { actions: 'refuse' })).toThrow('hopper lies within ±1; value 0 of this one is 2.');
    expect(stepOf(clipped, { actions: 'refuse' })).toEqual(stepOf(clipped));
  });

  it.each([
    [[0, 0], 'An action of hopper has 3 values; this one has 2.'],
    [[0, Number.NaN, 0], 'value 1 is NaN'],
    [[0, 0, Infinity], 'value 2 is Infinity'],
  ])('actions of %j are rejected', (action, complaint) => {
    expect(() => stepOf(action)).toThrow(complaint);
  });

  it('states of another body are rejected', () => {
    withEnvironment('hopper', (environment) => {
      expect(() => environment.setState(new Float64Array(9), new Float64Array(6))).toThrow('has 6 positions');
    });
  });
});

describe('memory', () => {
  it('memory stays level over 1,000 resets and 300 freed environments', () => {
    const live = engine.liveSimulations();
    withEnvironment('walker2d', (environment) => {
      const action = new Float64Array(6);
      environment.step(action);
      const before = engine.memoryBytes();
      for (let episode = 0; episode < 1000; episode++) {
        environment.reset(episode);
        environment.step(action);
      }
      expect(engine.memoryBytes()).toBe(before);
    });
    withEnvironment('hopper', () => undefined);
    const before = engine.memoryBytes();
    for (let i = 0; i < 300; i++) withEnvironment('hopper', (environment) => environment.reset(i));
    expect(engine.memoryBytes()).toBe(before);
    expect(engine.liveSimulations()).toBe(live);
  });

  it('an environment that is not freed counts as a live simulation', () => {
    const live = engine.liveSimulations();
    const environment = new Environment(engine, BODIES.hopper.id);
    expect(engine.liveSimulations()).toBe(live + 1);
    environment.free();
    environment.free();
    expect(engine.liveSimulations()).toBe(live);
  });
});

import { describe, expect, it } from 'vitest';
import { Environment } from './environment.ts';
import { recordedBody, recordedPositions } from './recorded-states.ts';
import { createActor } from './rollouts/policy.ts';
import { BODIES } from './bodies/index.ts';
import { testEngine } from './testing.ts';

describe('states from observations', () => {
  it.each(['hopper', 'halfcheetah'] as const)(
    '%s: positions recovered from observations are exact except x, which is close',
    async (id) => {
      const environment = new Environment(await testEngine(), id, { seed: 2 });
      const { observations: width, actions } = BODIES[id];
      const steps = 15;
      const observations = new Float32Array(steps * width);
      const truth: Float64Array[] = [];
      const actor = createActor({ kind: 'uniform' }, id, 2);
      const action = new Float64Array(actions);
      environment.reset(0);
      const origin = environment.physics.state().qpos[0]!;
      let distance = 0;
      for (let step = 0; step < steps; step++) {
        observations.set(environment.observation, step * width);
        const qpos = environment.physics.state().qpos.slice();
        truth.push(qpos);
        distance = Math.max(distance, Math.abs(qpos[0]! - origin));
        actor(environment.observation, step, 0, action);
        environment.step(action);
      }
      environment.free();
      const columns = truth[0]!.length;
      const states = recordedPositions(id, observations);
      expect(states).toHaveLength(steps * columns);
      truth.forEach((qpos, step) => {
        const state = states.subarray(step * columns, (step + 1) * columns);
        for (let i = 1; i < columns; i++) expect(state[i]).toBeCloseTo(qpos[i]!, 5);
        expect(Math.abs(state[0]! - (qpos[0]! - origin))).toBeLessThan(0.2 * distance);
      });
      expect(() => recordedPositions(id, observations.subarray(1))).toThrow(`have ${width} numbers each`);
    },
  );

  it('a recording’s body is found by name and widths', () => {
    expect(recordedBody('hopper', 11, 3)).toBe('hopper');
    expect(recordedBody('HalfCheetah-v2', 17, 6)).toBe('halfcheetah');
    expect(recordedBody('hopper', 17, 6)).toBeNull();
    expect(recordedBody('kitchen', 11, 3)).toBeNull();
    expect(recordedBody(null, 11, 3)).toBeNull();
  });
});

/** Tests for Node and the browser: returns that both must give. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RolloutPool } from './rollouts/pool.ts';
import type { LinearPolicy, Policy } from './rollouts/policy.ts';
import type { SpawnWorker } from './rollouts/protocol.ts';
import { BODIES } from './bodies/index.ts';
import { ENVIRONMENT_IDS, type EnvironmentId } from './bodies/ids.ts';

/** Sums of returns and steps over six episodes (two of the half-cheetah), as computed in Node. */
const EXPECTED: Partial<Record<EnvironmentId, { return: number; steps: number }>> = {
  hopper: { return: 47.412423, steps: 65 },
  halfcheetah: { return: -1127.291215, steps: 2000 },
  walker2d: { return: -23.68393, steps: 89 },
};

/** A policy of arbitrary numbers, with noise. */
function someLinear(id: EnvironmentId): LinearPolicy {
  const { observations, actions } = BODIES[id];
  const wave = (length: number, base: number, size: number) =>
    Array.from({ length }, (_, i) => base + size * (((i * 37) % 11) / 11 - 0.5));
  return {
    kind: 'linear',
    weights: wave(observations * actions, 0, 0.5),
    mean: wave(observations, 0.2, 0.4),
    deviation: wave(observations, 1, 0.5),
    noise: 0.2,
  };
}

/** Declares the tests. */
export function itAgrees(spawn: SpawnWorker): void {
  let pool: RolloutPool;
  beforeAll(() => {
    pool = new RolloutPool(spawn, 2);
  });
  afterAll(() => pool.end());

  it.each(ENVIRONMENT_IDS.filter((id) => EXPECTED[id]))(
    '%s has the same returns in Node and in the browser',
    async (environment) => {
      const policies: Policy[] = [{ kind: 'uniform' }, someLinear(environment)];
      // An episode of the half-cheetah always lasts 1,000 steps.
      const count = environment === 'halfcheetah' ? 2 : 6;
      const orders = Array.from({ length: count }, (_, episode) => ({ episode, policy: episode % 2 }));
      const results = await pool.run({ environment, variant: 'v2', seed: 9, policies, orders });
      const sum = results.reduce((total, result) => total + result.return, 0);
      const steps = results.reduce((total, result) => total + result.steps, 0);
      expect({ return: Number(sum.toFixed(6)), steps }).toEqual(EXPECTED[environment]);
    },
  );
}

import { dispose, tensor2d, zeros, ones, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { StreamDraws } from '../tensor/stream-draws.ts';
import { describeOnBackends } from '../tensor/testing.ts';
import { readVariables } from '../tensor/variables.ts';
import type { Algorithm, Batch } from './algorithm.ts';
import { DiffusionQL, type DiffusionQLConfig } from './diffusion-ql.ts';
import { Iql } from './iql.ts';
import { Td3Bc } from './td3-bc.ts';

const WIDTHS = { stateWidth: 2, actionWidth: 1 };
const ROWS = 32;
const RATES = { learningRate: 1e-2, criticLearningRate: 1e-2, decay: 'none', decaySteps: 1 } as const;

/** Half of the actions is −0.5, half 0.5; `reward` of each. */
function batchOf(reward: (action: number) => number, continues: boolean): Batch {
  const action = (row: number) => (row % 2 === 0 ? -0.5 : 0.5);
  const column = (value: (row: number) => number): Tensor2D =>
    tensor2d(Array.from({ length: ROWS }, (_, i) => [value(i)]));
  return {
    states: zeros([ROWS, 2]),
    actions: column(action),
    rewards: column((row) => reward(action(row))),
    nextStates: zeros([ROWS, 2]),
    notDone: continues ? ones([ROWS, 1]) : zeros([ROWS, 1]),
  };
}

async function train(algorithm: Algorithm, batch: Batch, steps: number): Promise<Record<string, number>> {
  const draws = new StreamDraws(1);
  const last: Record<string, number> = {};
  for (let i = 0; i < steps; i++) {
    const metrics = algorithm.trainStep(batch, draws.at(i));
    for (const [name, value] of Object.entries(metrics)) last[name] = (await value.data())[0] as number;
    dispose(metrics);
  }
  return last;
}

async function action(algorithm: Algorithm): Promise<number> {
  const [value] = await algorithm.sample(zeros([1, 2]), new StreamDraws(2)).data();
  return value as number;
}

describeOnBackends(
  'a method that bootstraps',
  () => {
    it('TD3+BC: values a constant reward of 1 at 1/(1 − γ)', async () => {
      const bootstrap = { discount: 0.8, tau: 0.1, policyNoise: 0.2, noiseClip: 0.5, policyDelay: 2 };
      const method = new Td3Bc(
        { hidden: 16, ...RATES, criticDecaySteps: 1, eta: 0, normalizeQ: true, bootstrap },
        WIDTHS,
        1,
      );
      const batch = batchOf(() => 1, true);
      const { targetQ } = await train(method, batch, 400);
      expect(targetQ).toBeGreaterThan(4.5);
      expect(targetQ).toBeLessThan(5.5);
      dispose({ ...batch });
      method.dispose();
    });

    it('TD3+BC: takes the better action with a large Q weight, and the mean with none', async () => {
      const taken: number[] = [];
      for (const eta of [0, 20]) {
        const bootstrap = { discount: 0.5, tau: 0.1, policyNoise: 0, noiseClip: 0.5, policyDelay: 2 };
        const method = new Td3Bc(
          { hidden: 16, ...RATES, criticDecaySteps: 1, eta, normalizeQ: true, bootstrap },
          WIDTHS,
          1,
        );
        const batch = batchOf((value) => 1 + value, false);
        await train(method, batch, 300);
        taken.push(await action(method));
        dispose({ ...batch });
        method.dispose();
      }
      expect(Math.abs(taken[0]!)).toBeLessThan(0.1);
      expect(taken[1]).toBeGreaterThan(0.4);
    });

    it('IQL: an expectile near 1 values the better of two actions, and the policy takes it', async () => {
      const method = new Iql(
        { hidden: 16, ...RATES, discount: 0.5, tau: 0.1, expectile: 0.95, temperature: 10 },
        WIDTHS,
        1,
      );
      const batch = batchOf((value) => (value > 0 ? 1 : 0), false);
      const { meanQ, criticLoss, targetQ } = await train(method, batch, 400);
      // Where an episode ends, the target is the reward, half of the time 1.
      expect(targetQ).toBeCloseTo(0.5, 5);
      expect(meanQ).toBeCloseTo(0.5, 1);
      expect(criticLoss).toBeLessThan(0.01);
      expect(await action(method)).toBeGreaterThan(0.4);
      dispose({ ...batch });
      method.dispose();
    });

    it('IQL: bootstraps by the value of the next state', async () => {
      const method = new Iql(
        { hidden: 16, ...RATES, discount: 0.5, tau: 0.1, expectile: 0.7, temperature: 1 },
        WIDTHS,
        1,
      );
      const batch = batchOf(() => 1, true);
      const { targetQ } = await train(method, batch, 400);
      expect(targetQ).toBeCloseTo(2, 1);
      dispose({ ...batch });
      method.dispose();
    });
  },
  ['wasm'],
);

const QL: DiffusionQLConfig = {
  ...{ hidden: 24, diffusionSteps: 4, schedule: 'vp', timeWidth: 8, ...RATES, learningRate: 3e-3, criticDecaySteps: 1 },
  ...{ eta: 1, normalizeQ: true, gradientSteps: 0, gradientClip: 0, emaDecay: 0.9, emaStart: 0, emaEvery: 1 },
  ...{
    sampler: 'ancestral',
    ddimSteps: 4,
    sampleWith: 'raw',
    candidates: 1,
    candidateChoice: 'softmax',
    bootstrap: null,
  },
};

describeOnBackends(
  'the action approximation of EDP',
  () => {
    it('the action approximation of EDP increases Q like the whole chain, with other numbers', async () => {
      const shares: number[] = [];
      const weights: Record<string, Float32Array>[] = [];
      for (const actionApproximation of [false, true]) {
        const method = new DiffusionQL({ ...QL, eta: 3, actionApproximation }, WIDTHS, 1);
        const batch = batchOf((value) => 1 + value, false);
        await train(method, batch, 250);
        weights.push(await readVariables(method.variables));
        const drawn = (await method.sample(zeros([200, 2]), new StreamDraws(3)).data()) as Float32Array;
        shares.push(drawn.filter((value) => value > 0).length / 200);
        dispose({ ...batch });
        method.dispose();
      }
      expect(shares[0]).toBeGreaterThan(0.8);
      expect(shares[1]).toBeGreaterThan(0.8);
      expect(weights[1]).not.toEqual(weights[0]);
    });
  },
  ['wasm'],
);

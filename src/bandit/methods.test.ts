import { dispose, gather, memory, tensor2d, zeros, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { StreamDraws } from '../tensor/stream-draws.ts';
import { describeOnBackends } from '../tensor/testing.ts';
import { readVariables, writeVariables } from '../tensor/variables.ts';
import type { Algorithm } from '../algorithms/algorithm.ts';
import { METHOD_IDS, METHODS, type MethodId } from './methods.ts';
import { createAlgorithm } from './registry.ts';
import type { Settings } from './settings.ts';

const CONFIG: Settings = {
  hidden: 16,
  batchSize: 12,
  learningRate: 3e-3,
  criticLearningRate: 3e-3,
  decay: 'none',
  decaySteps: 100,
  criticDecaySteps: 100,
  diffusionSteps: 4,
  schedule: 'vp',
  timeWidth: 8,
  eta: 1,
  normalizeQ: true,
  gradientSteps: 0,
  gradientClip: 0,
  emaDecay: 0.9,
  emaStart: 2,
  emaEvery: 2,
  sampler: 'ancestral',
  ddimSteps: 2,
  sampleWith: 'raw',
  candidates: 1,
  candidateChoice: 'softmax',
  mixtureComponents: 3,
  perturbation: 0.05,
  bcqCandidates: 3,
  mmdSigma: 20,
  mmdSamples: 4,
  bearThreshold: 0.05,
};
const WIDTHS = { stateWidth: 2, actionWidth: 2 };
const BATCH = CONFIG.batchSize;
const POINTS = 64;

/** Four corners in turn, with a reward each. */
const points = Float32Array.from({ length: 2 * POINTS }, (_, i) => {
  const corner = Math.floor(i / 2) % 4;
  return (i % 2 === 0 ? corner % 2 : corner >> 1) ? 0.8 : -0.8;
});
const rewards = Float32Array.from({ length: POINTS }, (_, i) => i % 4);

/** Steps of training; the losses that the last one reported. */
async function train(algorithm: Algorithm, steps: number, seed = 3): Promise<Record<string, number>> {
  const draws = new StreamDraws(seed);
  const data = tensor2d(points, [POINTS, 2]);
  const gains = tensor2d(rewards, [POINTS, 1]);
  const states: Tensor2D = zeros([BATCH, 2]);
  const last: Record<string, number> = {};
  for (let i = 0; i < steps; i++) {
    const rows = draws.at(algorithm.step).integers('batches', [BATCH], POINTS) as Tensor1D;
    const batch = { states, actions: gather(data, rows), rewards: gather(gains, rows) };
    const metrics = algorithm.trainStep(batch, draws);
    for (const [name, value] of Object.entries(metrics))
      last[name] = ((await value.data()) as Float32Array)[0] as number;
    dispose([rows, batch.actions, batch.rewards, metrics]);
  }
  dispose([data, gains, states]);
  return last;
}

async function sampled(algorithm: Algorithm, count: number): Promise<Float32Array> {
  const states: Tensor2D = zeros([count, 2]);
  const actions = algorithm.sample(states, new StreamDraws(9));
  const values = (await actions.data()) as Float32Array;
  expect(actions.shape).toEqual([count, 2]);
  dispose([states, actions]);
  return values.slice();
}

function make(method: MethodId, changes: Partial<Settings> = {}, seed = 1): Algorithm {
  return createAlgorithm(method, { ...CONFIG, ...changes }, WIDTHS, seed);
}

describeOnBackends(
  'every method',
  () => {
    it.each(METHOD_IDS)('%s: a step changes every network that learns, and all stays finite', async (method) => {
      const algorithm = make(method);
      const before = await readVariables(algorithm.variables);
      const losses = await train(algorithm, 4);
      const after = await readVariables(algorithm.variables);
      expect(algorithm.step).toBe(4);
      for (const [name, value] of Object.entries(losses)) expect(Number.isFinite(value), name).toBe(true);
      for (const [name, values] of Object.entries(after)) {
        expect(values.every(Number.isFinite), name).toBe(true);
        expect(values, name).not.toEqual(before[name]);
      }
      expect((await sampled(algorithm, 5)).every(Number.isFinite)).toBe(true);
      algorithm.dispose();
    });

    it.each(METHOD_IDS)('%s: the same seed gives the same bits, another seed others', async (method) => {
      const runs: Record<string, Float32Array>[] = [];
      for (const seed of [1, 1, 2]) {
        const algorithm = make(method, {}, seed);
        await train(algorithm, 3, seed);
        runs.push(await readVariables(algorithm.variables));
        algorithm.dispose();
      }
      expect(runs[1]).toEqual(runs[0]);
      expect(runs[2]).not.toEqual(runs[0]);
    });

    it.each(METHOD_IDS)('%s: continues from saved variables as if it had not stopped', async (method) => {
      const straight = make(method);
      await train(straight, 5);
      const stopped = make(method);
      await train(stopped, 2);
      const saved = await readVariables(stopped.variables);
      const resumed = make(method, {}, 8);
      writeVariables(resumed.variables, saved);
      resumed.step = 2;
      await train(resumed, 3);
      expect(await readVariables(resumed.variables)).toEqual(await readVariables(straight.variables));
      for (const algorithm of [straight, stopped, resumed]) algorithm.dispose();
    });

    it.each(METHOD_IDS)('%s: steps and samples leave no tensor behind', async (method) => {
      const before = memory().numTensors;
      const algorithm = make(method);
      await train(algorithm, 1);
      await sampled(algorithm, 4);
      const settled = memory().numTensors;
      await train(algorithm, 3);
      await sampled(algorithm, 4);
      expect(memory().numTensors).toBe(settled);
      algorithm.dispose();
      expect(memory().numTensors).toBe(before);
    });

    it.each(METHOD_IDS.filter((method) => METHODS[method].isDiffusion))(
      '%s: the last position of its denoising is its sample',
      async (method) => {
        for (const sampler of ['ancestral', 'ddim'] as const) {
          const algorithm = make(method, { sampler });
          await train(algorithm, 2);
          const states: Tensor2D = zeros([6, 2]);
          const positions = algorithm.denoise?.(states, new StreamDraws(9)) ?? [];
          expect(positions).toHaveLength((sampler === 'ddim' ? CONFIG.ddimSteps : CONFIG.diffusionSteps) + 1);
          expect(await positions.at(-1)?.data()).toEqual(await sampled(algorithm, 6));
          dispose([states, ...positions]);
          algorithm.dispose();
        }
      },
    );

    it('a critic in the same role learns the same in every method', async () => {
      const critics: Record<string, unknown>[] = [];
      for (const method of ['bcq', 'td3-bc-gaussian', 'diffusion-ql'] as const) {
        const algorithm = make(method);
        await train(algorithm, 3);
        critics.push((await algorithm.networks['critic']?.read()) ?? {});
        algorithm.dispose();
      }
      expect(critics[1]).toEqual(critics[0]);
      expect(critics[2]).toEqual(critics[0]);
    });

    it('Diffusion-QL at η 0 is BC-Diffusion, bit for bit', async () => {
      const cloning = make('bc-diffusion');
      const improving = make('diffusion-ql', { eta: 0 });
      await train(cloning, 3);
      await train(improving, 3);
      expect(await improving.networks['actor']?.read()).toEqual(await cloning.networks['actor']?.read());
      cloning.dispose();
      improving.dispose();
    });

    it('a gradient through only the last reverse steps differs', async () => {
      const actors: unknown[] = [];
      for (const gradientSteps of [0, 1, 4]) {
        const algorithm = make('diffusion-ql', { gradientSteps });
        await train(algorithm, 1);
        actors.push(await algorithm.networks['actor']?.read());
        algorithm.dispose();
      }
      expect(actors[1]).not.toEqual(actors[0]);
      // All four of four steps are the whole chain.
      expect(actors[2]).toEqual(actors[0]);
    });

    it('candidates: the best by Q is never worse than a plain sample', async () => {
      const algorithm = make('diffusion-ql', { candidates: 8, candidateChoice: 'argmax' });
      await train(algorithm, 20);
      const qOf = async (values: Float32Array) => {
        const states: Tensor2D = zeros([values.length / 2, 2]);
        const q = algorithm.qValues?.(states, tensor2d(values, [values.length / 2, 2]));
        const total = ((await q?.data()) as Float32Array).reduce((sum, value) => sum + value, 0);
        dispose([states, q as Tensor2D]);
        return total;
      };
      const chosen = await qOf(await sampled(algorithm, 40));
      algorithm.configure({ candidates: 1 });
      expect(chosen).toBeGreaterThan(await qOf(await sampled(algorithm, 40)));
      algorithm.dispose();
    });
  },
  ['wasm', 'cpu'],
);

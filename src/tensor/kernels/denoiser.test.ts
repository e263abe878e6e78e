import { grads, mul, sum, tensor, tensor1d, tensor2d, tidy, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import {
  centralDifferences,
  clipped,
  describeOnBackends,
  maxDifference,
  testNormals,
  KERNEL_BACKENDS,
} from '../testing.ts';
import { fusedDenoising, type FusedDenoising } from './denoiser.ts';
import { type FusedDenoiser, type PlannedReverseStep } from '../denoiser-operands.ts';
import { mlpLayout, type MlpSpec } from '../mlp-layout.ts';
import { gradientNorm } from './gradient-norm.ts';
import { regressionLoss } from './regression-loss.ts';

/** Backends with a fused denoiser. */
const FUSED = KERNEL_BACKENDS.filter((backend) => backend !== 'cpu' && backend !== 'wasm without SIMD');

const [ACTION, TIME, STATE, STEPS] = [2, 4, 3, 3];
const SPEC: MlpSpec = { sizes: [ACTION + TIME + STATE, 9, 7, ACTION], activation: 'mish' };
const { parameterCount } = mlpLayout(SPEC);
const PARAMS = testNormals('params', parameterCount, 0.4);
const TABLE = testNormals('table', STEPS * TIME, 0.5);
const BATCHES = [1, 5, 65];

/** One row through the MLP in float64, from its definition. */
function forward(spec: MlpSpec, params: ArrayLike<number>, x: number[]): number[] {
  return mlpLayout(spec).layers.reduce(
    (input, layer, i, all) =>
      Array.from({ length: layer.out }, (_, n) => {
        let z = params[layer.bias + n] as number;
        for (let k = 0; k < layer.in; k++) {
          z += (input[k] as number) * (params[layer.weights + n * layer.in + k] as number);
        }
        return i === all.length - 1 ? z : z * Math.tanh(Math.log1p(Math.exp(z)));
      }),
    x,
  );
}

const row = (values: ArrayLike<number>, index: number, width: number) =>
  Array.from({ length: width }, (_, c) => values[index * width + c] as number);

const clamp = (value: number, bound: number) => Math.min(Math.max(value, -bound), bound);

const PLAN: PlannedReverseStep[] = [
  { at: 2, coefficients: { a: 1.4, b: 0.9, c0: 0.5, cx: 0.4, ce: 0, sigma: 0.3, bound: 1, clipResult: false } },
  { at: 1, coefficients: { a: 1.2, b: 0.6, c0: 0.7, cx: 0.2, ce: 0.1, sigma: 0.2, bound: 1, clipResult: false } },
  { at: 0, coefficients: { a: 1.1, b: 0.3, c0: 0.9, cx: 0.1, ce: 0, sigma: 0, bound: 1, clipResult: true } },
];

/** Actions by the definition of the reverse steps; `plan` contains the last ones. */
function chain(
  params: ArrayLike<number>,
  table: ArrayLike<number>,
  states: ArrayLike<number>,
  start: ArrayLike<number>,
  noise: ArrayLike<number>,
  plan: readonly PlannedReverseStep[],
  batch: number,
): Float64Array {
  const first = PLAN.length - plan.length;
  return Float64Array.from(
    Array.from({ length: batch }, (_, r) =>
      plan.reduce(
        (x, { at, coefficients: { a, b, c0, cx, ce, sigma, bound, clipResult } }, k) => {
          const e = forward(SPEC, params, [...x, ...row(table, at, TIME), ...row(states, r, STATE)]);
          return x.map((xi, c) => {
            const ei = e[c] as number;
            const n = noise[((first + k + 1) * batch + r) * ACTION + c] as number;
            const next = c0 * clamp(a * xi - b * ei, bound) + cx * xi + ce * ei + sigma * n;
            return clipResult ? clamp(next, bound) : next;
          });
        },
        row(start, r, ACTION),
      ),
    ).flat(),
  );
}

const dot = (values: ArrayLike<number>, weights: Float32Array) =>
  weights.reduce((total, weight, i) => total + weight * (values[i] as number), 0);

const denoiser = (params: Tensor, table: Tensor): FusedDenoiser => ({ params, spec: SPEC, table: table as Tensor2D });

async function expectGradient(
  body: (params: Tensor, table: Tensor) => Tensor,
  reference: (params: ArrayLike<number>, table: ArrayLike<number>) => number,
): Promise<void> {
  const [dParams, dTable] = tidy(() => grads(body)([tensor1d(PARAMS), tensor2d(TABLE, [STEPS, TIME])]));
  const expectedParams = centralDifferences(PARAMS, (changed) => reference(changed, TABLE));
  const expectedTable = centralDifferences(TABLE, (changed) => reference(PARAMS, changed));
  expect(maxDifference(await dParams!.data(), expectedParams)).toBeLessThan(1e-4);
  expect(maxDifference(await dTable!.data(), expectedTable)).toBeLessThan(1e-4);
  dParams!.dispose();
  dTable!.dispose();
}

describeOnBackends(
  'fused denoiser',
  () => {
    const fused = () => fusedDenoising() as FusedDenoising;

    it.each(BATCHES)('the reverse chain of %i rows and its gradients agree with float64', async (batch) => {
      const states = testNormals('states', batch * STATE);
      const noise = testNormals('noise', (STEPS + 1) * batch * ACTION);
      const weights = testNormals('weights', batch * ACTION);
      const run = (params: Tensor, table: Tensor) =>
        fused().reverseChain(denoiser(params, table), {
          states: tensor2d(states, [batch, STATE]),
          noise: tensor(noise, [STEPS + 1, batch, ACTION]),
          plan: PLAN,
          start: null,
          first: 0,
        });
      const actions = tidy(() => run(tensor1d(PARAMS), tensor2d(TABLE, [STEPS, TIME])));
      const expected = chain(PARAMS, TABLE, states, noise, noise, PLAN, batch);
      expect(maxDifference(await actions.data(), expected)).toBeLessThan(2e-5);
      actions.dispose();
      await expectGradient(
        (params, table) => sum(mul(run(params, table), tensor2d(weights, [batch, ACTION]))),
        (params, table) => dot(chain(params, table, states, noise, noise, PLAN, batch), weights),
      );
    });

    it('a reverse chain continues from the position of an earlier one', async () => {
      const batch = 5;
      const states = testNormals('states', batch * STATE);
      const noise = testNormals('noise', (STEPS + 1) * batch * ACTION);
      const start = testNormals('start', batch * ACTION, 0.5);
      const actions = tidy(() =>
        fused().reverseChain(denoiser(tensor1d(PARAMS), tensor2d(TABLE, [STEPS, TIME])), {
          states: tensor2d(states, [batch, STATE]),
          noise: tensor(noise, [STEPS + 1, batch, ACTION]),
          plan: PLAN.slice(1),
          start: tensor2d(start, [batch, ACTION]),
          first: 1,
        }),
      );
      const expected = chain(PARAMS, TABLE, states, start, noise, PLAN.slice(1), batch);
      expect(maxDifference(await actions.data(), expected)).toBeLessThan(2e-5);
      actions.dispose();
    });

    it.each(BATCHES)('the cloning loss of %i rows and its gradients agree with float64', async (batch) => {
      const states = testNormals('states', batch * STATE);
      const actions = testNormals('actions', batch * ACTION, 0.5);
      const noise = testNormals('noise', batch * ACTION);
      const steps = Int32Array.from({ length: batch }, (_, r) => (r * 2) % STEPS);
      const [signal, noiseScale] = [Float64Array.from([0.9, 0.6, 0.3]), Float64Array.from([0.4, 0.8, 0.95])];
      const reference = (params: ArrayLike<number>, table: ArrayLike<number>) => {
        let total = 0;
        steps.forEach((step, r) => {
          const e = row(noise, r, ACTION);
          const noisy = row(actions, r, ACTION).map(
            (a, c) => (signal[step] as number) * a + (noiseScale[step] as number) * (e[c] as number),
          );
          const predicted = forward(SPEC, params, [...noisy, ...row(table, step, TIME), ...row(states, r, STATE)]);
          predicted.forEach((value, c) => (total += (value - (e[c] as number)) ** 2));
        });
        return total / (batch * ACTION);
      };
      const run = (params: Tensor, table: Tensor) =>
        fused().cloningLoss(denoiser(params, table), {
          actions: tensor2d(actions, [batch, ACTION]),
          states: tensor2d(states, [batch, STATE]),
          steps: tensor1d(steps, 'int32'),
          noise: tensor2d(noise, [batch, ACTION]),
          signal,
          noiseScale,
        });
      const loss = tidy(() => run(tensor1d(PARAMS), tensor2d(TABLE, [STEPS, TIME])));
      expect((await loss.data())[0]).toBeCloseTo(reference(PARAMS, TABLE), 5);
      loss.dispose();
      await expectGradient(run, reference);
    });
  },
  FUSED,
);

describeOnBackends(
  'regression of two networks and gradient norm',
  () => {
    it.each(BATCHES)('the regression loss of %i rows and its gradients agree with float64', async (batch) => {
      const spec: MlpSpec = { sizes: [STATE + ACTION, 9, 7, 1], activation: 'mish' };
      const count = mlpLayout(spec).parameterCount;
      const states = testNormals('states', batch * STATE);
      const actions = testNormals('actions', batch * ACTION);
      const targets = testNormals('targets', batch);
      const networks = ['q1', 'q2'].map((name) => testNormals(name, count, 0.4));
      const reference = (params: ArrayLike<number>) => {
        let total = 0;
        targets.forEach((target, r) => {
          const [q] = forward(spec, params, [...row(states, r, STATE), ...row(actions, r, ACTION)]);
          total += ((q as number) - target) ** 2;
        });
        return total / batch;
      };
      const run = (...params: Tensor[]) =>
        regressionLoss(
          [tensor2d(states, [batch, STATE]), tensor2d(actions, [batch, ACTION])],
          params,
          spec,
          tensor2d(targets, [batch, 1]),
        );
      const loss = tidy(() => run(...networks.map((values) => tensor1d(values))));
      const expected = networks.reduce((total, values) => total + reference(values), 0);
      expect((await loss.data())[0]).toBeCloseTo(expected, 5);
      loss.dispose();
      const gradients = tidy(() => grads(run)(networks.map((values) => tensor1d(values))));
      for (const [i, gradient] of gradients.entries()) {
        const wanted = centralDifferences(networks[i] as Float32Array, reference);
        expect(maxDifference(await gradient.data(), wanted)).toBeLessThan(1e-4);
        gradient.dispose();
      }
    });

    it.each([0, 2])('the norm of gradients and their clipping at %f agree with float64', async (clip) => {
      const gradients = [1, 5, 5003].map((size) => testNormals(`gradient ${size}`, size, 0.1));
      const norm = Math.sqrt(
        gradients.flatMap((values) => [...values]).reduce((total, value) => total + value ** 2, 0),
      );
      const tensors = gradients.map((values) => tensor1d(values));
      const found = gradientNorm(tensors, clip);
      expect((await found.norm.data())[0]).toBeCloseTo(norm, 4);
      const scale = clip > 0 ? Math.min(1, clip / norm) : 1;
      for (const [i, gradient] of tensors.entries()) {
        const scaled = (gradients[i] as Float32Array).map((value) => scale * value);
        expect(maxDifference(await clipped(gradient, found.clipping).data(), scaled)).toBeLessThan(1e-6);
      }
    });
  },
  KERNEL_BACKENDS,
);

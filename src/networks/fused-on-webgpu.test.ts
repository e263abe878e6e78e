import {
  disposeVariables,
  grads,
  mul,
  scalar,
  sum,
  tensor1d,
  tensor2d,
  tensor,
  tidy,
  variableGrads,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { DiffusionProcess } from '../diffusion/process.ts';
import type { SamplerConfig } from '../math/reverse-plan.ts';
import { sampleActions } from '../diffusion/samplers.ts';
import { onGpuError, startBackend, stopBackend } from '../tensor/backend.ts';
import type { Draws } from '../tensor/draws.ts';
import { addScaled } from '../tensor/kernels/add-scaled.ts';
import { bootstrapTargets } from '../tensor/kernels/bootstrap-targets.ts';
import { gradientNorm } from '../tensor/kernels/gradient-norm.ts';
import { clipped, maxDifference, startWithDefaultLimits, testNormals } from '../tensor/testing.ts';
import { Denoiser } from './denoiser.ts';
import { uniformInitialiser } from './initialisation.ts';
import { qTerm } from './q-term.ts';
import { CriticEnsemble } from './critic-ensemble.ts';

/** The same draws on every backend. */
const DRAWS: Draws = {
  normal: (name, shape) => tensor(testNormals(name, size(shape)), [...shape]),
  uniform: (name, shape) => tensor(testNormals(name, size(shape)), [...shape]),
  integers: (name, shape, bound) => {
    const values = testNormals(name, size(shape)).map((value) => Math.floor(1000 * Math.abs(value)) % bound);
    return tensor(Int32Array.from(values), [...shape], 'int32');
  },
  coin: () => 0.7,
};

function size(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

const matrix = (name: string, rows: number, columns: number) =>
  tensor2d(testNormals(name, rows * columns, 0.5), [rows, columns]);

/** A computation that runs on both backends. */
interface Case {
  readonly name: string;
  /** Largest difference, relative to the largest number or to 1. */
  readonly tolerance: number;
  readonly compute: () => Record<string, Tensor>;
}

/** The results of a case on the running backend. Fails on uncaught GPU errors. */
async function resultOf({ compute }: Case): Promise<Record<string, Float32Array>> {
  const errors: string[] = [];
  const stop = onGpuError((message) => errors.push(message));
  const tensors = tidy(compute);
  const values: Record<string, Float32Array> = {};
  for (const [name, value] of Object.entries(tensors)) {
    values[name] = (await value.data()) as Float32Array;
    value.dispose();
  }
  disposeVariables();
  stop();
  expect(errors).toEqual([]);
  return values;
}

/** Compares WebGPU's results with those of the cpu backend. */
function expectAlike(
  fused: Record<string, Float32Array>,
  expected: Record<string, Float32Array>,
  tolerance: number,
): void {
  expect(Object.keys(fused)).toEqual(Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    expect(maxDifference(fused[name] as Float32Array, values) / largest, name).toBeLessThan(tolerance);
  }
  // A clipped action passes no gradient, but not all values may be 0.
  expect(Object.values(expected).some((values) => values.some((value) => value !== 0))).toBe(true);
}

function gradientsOf(network: { variables: Record<string, unknown> }, loss: () => Scalar): Record<string, Tensor> {
  const { value, grads: found } = variableGrads(loss, Object.values(network.variables) as never);
  return { loss: value, ...Object.fromEntries(Object.values(found).map((gradient, i) => [`gradient ${i}`, gradient])) };
}

const SIZES = [
  // No size is a multiple of the tiles' sizes.
  { rows: 65, hidden: 13, T: 3, defaultLimits: false },
  // Enough rows for partial sums of the weights' gradients.
  { rows: 260, hidden: 40, T: 2, defaultLimits: true },
];

/** Every fused computation, at one size. */
function casesOf({ rows, hidden, T }: (typeof SIZES)[number]): Case[] {
  const widths = { stateWidth: 3, actionWidth: 2, hidden, timeWidth: 4, diffusionSteps: T };
  const denoiser = () => new Denoiser(widths, uniformInitialiser(1, 'denoiser'));
  const critic = () => new CriticEnsemble(widths, uniformInitialiser(2, 'critic'));

  const chain = (sampler: SamplerConfig['sampler'], gradientSteps: number): Case => ({
    name: `the reverse chain and its gradient: ${sampler}, through the last ${gradientSteps} steps (0: all)`,
    tolerance: 5e-5,
    compute: () => {
      const [process, policy] = [new DiffusionProcess('vp', T), denoiser()];
      const towards = matrix('towards', rows, 2);
      return gradientsOf(policy, () => {
        const states = matrix('states', rows, 3);
        const actions = sampleActions(process, policy, states, DRAWS, 'noise', { sampler, gradientSteps });
        return sum<Scalar>(mul(actions, towards));
      });
    },
  });

  const towardsQ = (coin: number, normalize: boolean, weighted: boolean): Case => ({
    name: `the Q term at coin ${coin}, normalised: ${normalize}, weighted: ${weighted}`,
    tolerance: 1e-5,
    compute: () => {
      const critics = critic();
      const states = matrix('states', rows, 3);
      const evaluate = (actions: Tensor2D, weights: Tensor2D) =>
        qTerm(critics, states, actions, () => coin, normalize, weighted ? weights : undefined);
      const weights = tensor2d(testNormals('weights', rows).map(Math.abs), [rows, 1]);
      const inputs = [matrix('actions', rows, 2), ...(weighted ? [weights] : [])];
      const found = grads((actions, w) => evaluate(actions as Tensor2D, w as Tensor2D).loss)(inputs);
      const { loss, meanQ } = evaluate(inputs[0] as Tensor2D, weights);
      // The weight of a single row has no effect.
      const byWeight = weighted && rows > 1 ? { 'by weight': found[1] as Tensor } : {};
      return { loss, meanQ, 'by action': found[0] as Tensor, ...byWeight };
    },
  });

  return [
    {
      name: 'the cloning loss and its gradient',
      tolerance: 1e-5,
      compute: () => {
        const [process, policy] = [new DiffusionProcess('vp', T), denoiser()];
        return gradientsOf(policy, () =>
          process.cloningLoss(policy, matrix('actions', rows, 2), matrix('states', rows, 3), DRAWS),
        );
      },
    },
    chain('ancestral', 0),
    chain('ancestral', 1),
    chain('ddim', 0),
    {
      name: 'the regression of both critics and its gradient',
      tolerance: 1e-5,
      compute: () => {
        const critics = critic();
        return gradientsOf(critics, () =>
          critics.regressionLoss(matrix('states', rows, 3), matrix('actions', rows, 2), matrix('targets', rows, 1)),
        );
      },
    },
    towardsQ(0.7, true, false),
    towardsQ(0.2, true, false),
    towardsQ(0.2, false, false),
    towardsQ(0.7, true, true),
    {
      name: 'sums, norms and targets',
      tolerance: 1e-4,
      compute: () => {
        const [a, b] = [scalar(2), scalar(-3)];
        const [byA, byB] = grads((x, y) => addScaled(x as Scalar, () => 0.25, y as Scalar))([a, b]);
        const gradients = [testNormals('g', 300 * rows), testNormals('h', 7)].map((values) => tensor1d(values));
        const { norm, clipping } = gradientNorm(gradients, 2);
        const unclipped = gradientNorm(gradients, 0).clipping;
        const column = (name: string) => matrix(name, rows, 1);
        return {
          sum: addScaled(a, () => 0.25, b),
          byA: byA as Tensor,
          byB: byB as Tensor,
          norm,
          clipped: clipped(gradients[0] as Tensor1D, clipping),
          small: clipped(gradients[1] as Tensor1D, clipping),
          unclipped: clipped(gradients[1] as Tensor1D, unclipped),
          targets: bootstrapTargets(column('r'), column('alive'), column('q1'), column('q2'), 0.99),
        };
      },
    },
  ];
}

// The cases of a size share a device, so that compiled shaders are reused.
describe.each(SIZES)('fused WebGPU kernels against the cpu backend: %o', (size) => {
  const cases = casesOf(size);
  const expectations = new Map<Case, Record<string, Float32Array>>();

  beforeAll(async () => {
    stopBackend();
    await startBackend('cpu');
    for (const one of cases) expectations.set(one, await resultOf(one));
    await (size.defaultLimits ? startWithDefaultLimits() : startBackend('webgpu'));
  }, 60_000);

  it.each(cases.map((one) => [one.name, one] as const))(
    '%s',
    async (_, one) => {
      expectAlike(await resultOf(one), expectations.get(one)!, one.tolerance);
    },
    60_000,
  );
});

import { grads, mul, scalar, sum, tensor1d, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { startBackend } from '../backend.ts';
import { centralDifferences, describeOnBackends, maxDifference, testNormals, KERNEL_BACKENDS } from '../testing.ts';
import { mlp } from './mlp.ts';
import { mlpLayout, type MlpSpec } from '../mlp-layout.ts';

/** The MLP in float64, from its definition. */
function reference(x: ArrayLike<number>, params: ArrayLike<number>, spec: MlpSpec, batch: number): Float64Array {
  const { layers } = mlpLayout(spec);
  let input = Float64Array.from(x);
  layers.forEach((layer, i) => {
    const output = new Float64Array(batch * layer.out);
    for (let row = 0; row < batch; row++) {
      for (let n = 0; n < layer.out; n++) {
        let z = params[layer.bias + n] as number;
        for (let k = 0; k < layer.in; k++) {
          z += (input[row * layer.in + k] as number) * (params[layer.weights + n * layer.in + k] as number);
        }
        const mish = z * Math.tanh(Math.log1p(Math.exp(z)));
        output[row * layer.out + n] = i === layers.length - 1 ? z : spec.activation === 'relu' ? Math.max(z, 0) : mish;
      }
    }
    input = output;
  });
  return input;
}

const SPECS: MlpSpec[] = [
  { sizes: [6, 32, 32, 2], activation: 'mish' },
  { sizes: [3, 17, 9, 1], activation: 'relu' },
  { sizes: [4, 8, 4], activation: 'mish' },
  { sizes: [5, 3], activation: 'mish' },
  { sizes: [11, 10, 13], activation: 'mish' },
];
const BATCHES = [1, 3, 63, 64, 65, 257];

describeOnBackends(
  'the MLP',
  () => {
    it.each(SPECS)('the output agrees with float64 for batches off the tile size: $sizes $activation', async (spec) => {
      const inWidth = spec.sizes[0] as number;
      const params = testNormals('params', mlpLayout(spec).parameterCount, 0.4);
      for (const batch of BATCHES) {
        const x = testNormals('x', batch * inWidth);
        const y = tidy(() => mlp(tensor2d(x, [batch, inWidth]), tensor1d(params), spec));
        expect(maxDifference(await y.data(), reference(x, params, spec, batch))).toBeLessThan(2e-5);
        y.dispose();
      }
    });

    it.each(SPECS)('the gradient agrees with central differences: $sizes $activation', async (spec) => {
      const batch = 5;
      const inWidth = spec.sizes[0] as number;
      const outWidth = spec.sizes.at(-1) as number;
      const params = testNormals('params', mlpLayout(spec).parameterCount, 0.4);
      const x = testNormals('x', batch * inWidth);
      const weights = testNormals('weights', batch * outWidth);
      const loss = (at: ArrayLike<number>, p: ArrayLike<number>) =>
        reference(at, p, spec, batch).reduce((total, value, i) => total + value * (weights[i] as number), 0);
      const [dx, dparams] = tidy(() =>
        grads((a, b) => sum(mul(mlp(a as Tensor2D, b, spec), tensor2d(weights, [batch, outWidth]))))([
          tensor2d(x, [batch, inWidth]),
          tensor1d(params),
        ]),
      );
      const expectedX = centralDifferences(x, (changed) => loss(changed, params));
      const expectedParams = centralDifferences(params, (changed) => loss(x, changed));
      expect(maxDifference(await dx!.data(), expectedX)).toBeLessThan(1e-4);
      expect(maxDifference(await dparams!.data(), expectedParams)).toBeLessThan(1e-4);
    });

    it('the gradient sums over several chunks of rows', async () => {
      const spec: MlpSpec = { sizes: [3, 5, 2], activation: 'mish' };
      const batch = 1030;
      const params = testNormals('params', mlpLayout(spec).parameterCount, 0.4);
      const x = testNormals('x', batch * 3);
      const weights = testNormals('weights', batch * 2, 0.1);
      const loss = (p: ArrayLike<number>) =>
        reference(x, p, spec, batch).reduce((total, value, i) => total + value * (weights[i] as number), 0);
      const [gradient] = tidy(() =>
        grads((p) => sum(mul(mlp(tensor2d(x, [batch, 3]), p, spec), tensor2d(weights, [batch, 2]))))([
          tensor1d(params),
        ]),
      );
      expect(maxDifference(await gradient!.data(), centralDifferences(params, loss))).toBeLessThan(1e-4);
      gradient!.dispose();
    });

    it('Mish stays finite for inputs at which exp overflows', async () => {
      const spec: MlpSpec = { sizes: [1, 1, 1], activation: 'mish' };
      const x = Float32Array.from([-500, -88, -30, 30, 88, 500]);
      const y = tidy(() => mlp(tensor2d(x, [6, 1]), tensor1d([1, 0, 1, 0]), spec));
      const expected = Float32Array.from([0, 0, -30 * Math.exp(-30), 30, 88, 500]);
      expect(maxDifference(await y.data(), expected)).toBeLessThan(1e-4);
      y.dispose();
    });
  },
  KERNEL_BACKENDS,
);

it('an MLP rejects inputs and parameters of the wrong size', async () => {
  await startBackend('cpu');
  const spec: MlpSpec = { sizes: [3, 2], activation: 'relu' };
  expect(() => mlp(tensor2d([[1, 2]]), scalar(0), spec)).toThrow('rows of 3, not of 2');
  expect(() => mlp(tensor2d([[1, 2, 3]]), scalar(0), spec)).toThrow('8 parameters, not 1');
});

import { grads, mul, sum, tensor1d, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { centralDifferences, describeOnBackends, maxDifference, testNormals } from '../testing.ts';
import { mlpLayout, type MlpSpec } from '../mlp-layout.ts';
import { normedMlp } from './normed-mlp.ts';

/** The network in float64, from its definition. */
function reference(x: ArrayLike<number>, params: ArrayLike<number>, spec: MlpSpec, batch: number): number[] {
  const { layers } = mlpLayout(spec);
  const rows = Array.from({ length: batch }, (_, row) => {
    let input = Array.from({ length: layers[0]!.in }, (_, k) => x[row * layers[0]!.in + k]!);
    for (const { in: inWidth, out, weights, bias, norm } of layers) {
      const z = Array.from({ length: out }, (_, n) =>
        input.reduce((total, value, k) => total + value * params[weights + n * inWidth + k]!, params[bias + n]!),
      );
      if (norm === null) return z;
      const mean = z.reduce((a, b) => a + b, 0) / out;
      const variance = z.reduce((a, b) => a + (b - mean) ** 2, 0) / out;
      input = z.map((value, n) => {
        const u = (params[norm + n]! * (value - mean)) / Math.sqrt(variance + 1e-5) + params[norm + out + n]!;
        return spec.activation === 'relu' ? Math.max(u, 0) : u * Math.tanh(Math.log1p(Math.exp(u)));
      });
    }
    return input;
  });
  return rows.flat();
}

const SPECS: MlpSpec[] = [
  { sizes: [6, 16, 16, 1], activation: 'mish', norm: 'layer' },
  { sizes: [3, 17, 9, 2], activation: 'relu', norm: 'layer' },
  { sizes: [4, 33, 1], activation: 'mish', norm: 'layer' },
];

describeOnBackends('an MLP with layer normalisation', () => {
  it.each(SPECS)('the output agrees with float64 for batches off the tile size: $sizes $activation', async (spec) => {
    const inWidth = spec.sizes[0]!;
    const params = testNormals('params', mlpLayout(spec).parameterCount, 0.4);
    for (const batch of [1, 65, 257]) {
      const x = testNormals('x', batch * inWidth);
      const y = tidy(() => normedMlp(tensor2d(x, [batch, inWidth]), tensor1d(params), spec));
      expect(maxDifference(await y.data(), reference(x, params, spec, batch))).toBeLessThan(5e-5);
      y.dispose();
    }
  });

  it.each(SPECS)('the gradient agrees with central differences: $sizes $activation', async (spec) => {
    const batch = 5;
    const [inWidth, outWidth] = [spec.sizes[0]!, spec.sizes.at(-1)!];
    const params = testNormals('params', mlpLayout(spec).parameterCount, 0.4);
    const x = testNormals('x', batch * inWidth);
    const weights = testNormals('weights', batch * outWidth);
    const loss = (at: ArrayLike<number>, p: ArrayLike<number>) =>
      reference(at, p, spec, batch).reduce((total, value, i) => total + value * weights[i]!, 0);
    const [dx, dParams] = tidy(() =>
      grads((a, b) => sum(mul(normedMlp(a as Tensor2D, b, spec), tensor2d(weights, [batch, outWidth]))))([
        tensor2d(x, [batch, inWidth]),
        tensor1d(params),
      ]),
    );
    const expectedX = centralDifferences(x, (changed) => loss(changed, params));
    const expectedParams = centralDifferences(params, (changed) => loss(x, changed));
    expect(maxDifference(await dx!.data(), expectedX)).toBeLessThan(2e-4);
    expect(maxDifference(await dParams!.data(), expectedParams)).toBeLessThan(2e-4);
  });
});

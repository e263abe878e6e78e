import { grads, mul, scalar, sum, tensor1d, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { RandomStream } from '../../math/streams.ts';
import { setSimdContext, simdContext } from '../backend-state.ts';
import { startBackend, type BackendId } from '../backend.ts';
import { mlp, mlpLayout, type MlpSpec } from './mlp.ts';

function normals(name: string, n: number, scale = 1): Float32Array {
  const values = new Float32Array(n);
  new RandomStream(7, name).fillNormal(values, 0);
  return values.map((value) => value * scale);
}

/** The MLP in float64, from its definition. */
function reference(x: Float32Array, params: Float32Array, spec: MlpSpec, batch: number): Float64Array {
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
        if (i < layers.length - 1)
          z = spec.activation === 'relu' ? Math.max(z, 0) : z * Math.tanh(Math.log1p(Math.exp(z)));
        output[row * layer.out + n] = z;
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
];
const BATCHES = [1, 3, 63, 64, 65, 257];

function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs((a[i] as number) - (b[i] as number)));
  return largest;
}

describe.each<BackendId | 'wasm without SIMD'>(['cpu', 'wasm', 'wasm without SIMD'])('the MLP on %s', (name) => {
  beforeAll(async () => {
    await startBackend(name === 'cpu' ? 'cpu' : 'wasm');
    if (name === 'wasm') expect(simdContext()).not.toBeNull();
    if (name === 'wasm without SIMD') setSimdContext(null);
  });

  it.each(SPECS)('agrees with float64 over awkward batch sizes: $sizes $activation', async (spec) => {
    const params = normals('params', mlpLayout(spec).parameterCount, 0.4);
    for (const batch of BATCHES) {
      const x = normals('x', batch * (spec.sizes[0] as number));
      const y = tidy(() => mlp(tensor2d(x, [batch, spec.sizes[0] as number]), tensor1d(params), spec));
      expect(maxDifference(await y.data(), reference(x, params, spec, batch))).toBeLessThan(2e-5);
      y.dispose();
    }
  });

  it.each(SPECS)('has the gradient that central differences give: $sizes $activation', async (spec) => {
    const batch = 5;
    const inWidth = spec.sizes[0] as number;
    const outWidth = spec.sizes.at(-1) as number;
    const params = normals('params', mlpLayout(spec).parameterCount, 0.4);
    const x = normals('x', batch * inWidth);
    const weights = normals('weights', batch * outWidth);
    const loss = (at: Float32Array | Float64Array, p: Float32Array | Float64Array) => {
      const y = reference(at as Float32Array, p as Float32Array, spec, batch);
      return y.reduce((total, value, i) => total + value * (weights[i] as number), 0);
    };
    const [dx, dparams] = tidy(() =>
      grads((a, b) => sum(mul(mlp(a as Tensor2D, b, spec), tensor2d(weights, [batch, outWidth]))))([
        tensor2d(x, [batch, inWidth]),
        tensor1d(params),
      ]),
    );
    const h = 1e-4;
    const difference = (values: Float32Array, evaluate: (changed: Float64Array) => number) =>
      Float64Array.from(values, (_, i) => {
        const up = Float64Array.from(values);
        const down = Float64Array.from(values);
        up[i]! += h;
        down[i]! -= h;
        return (evaluate(up) - evaluate(down)) / (2 * h);
      });
    expect(
      maxDifference(
        await dx!.data(),
        difference(x, (changed) => loss(changed, params)),
      ),
    ).toBeLessThan(1e-4);
    expect(
      maxDifference(
        await dparams!.data(),
        difference(params, (changed) => loss(x, changed)),
      ),
    ).toBeLessThan(1e-4);
  });
});

it('names the width that does not fit', async () => {
  await startBackend('cpu');
  const spec: MlpSpec = { sizes: [3, 2], activation: 'relu' };
  expect(() => mlp(tensor2d([[1, 2]]), scalar(0), spec)).toThrow('rows of 3, not of 2');
  expect(() => mlp(tensor2d([[1, 2, 3]]), scalar(0), spec)).toThrow('8 parameters, not 1');
});

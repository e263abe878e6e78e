import { grads, mul, sum, tensor1d, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { simdContext } from '../backend-state.ts';
import { startBackend, stopBackend } from '../backend.ts';
import { mlp, mlpLayout, type MlpSpec } from '../kernels/mlp.ts';
import { enableRelaxedSimd, testNormals } from '../testing.ts';
import { canShareMemory } from './shared-memory.ts';

/** FNV-1a over the bits of the values. */
function digest(values: Float32Array): number {
  let hash = 0x811c9dc5;
  for (const bits of new Uint32Array(values.slice().buffer)) hash = Math.imul(hash ^ bits, 0x01000193);
  return hash;
}

/** Digests of the output and both gradients of an MLP large enough to be shared out. */
async function outcome(spec: MlpSpec, batch: number): Promise<number[]> {
  const [inWidth, outWidth] = [spec.sizes[0] as number, spec.sizes.at(-1) as number];
  const x = testNormals('x', batch * inWidth);
  const params = testNormals('params', mlpLayout(spec).parameterCount, 0.1);
  const weights = testNormals('weights', batch * outWidth);
  const tensors = tidy(() => {
    const gradient = grads((a, b) => sum(mul(mlp(a as Tensor2D, b, spec), tensor2d(weights, [batch, outWidth]))));
    const inputs = [tensor2d(x, [batch, inWidth]), tensor1d(params)] as const;
    return [mlp(inputs[0], inputs[1], spec), ...gradient([...inputs])];
  });
  const values = await Promise.all(tensors.map((tensor) => tensor.data()));
  for (const tensor of tensors) tensor.dispose();
  return values.map((value) => digest(value as Float32Array));
}

const CASES: [MlpSpec, number][] = [
  [{ sizes: [39, 256, 256, 256, 6], activation: 'mish' }, 256],
  [{ sizes: [8, 128, 128, 2], activation: 'mish' }, 100],
  [{ sizes: [17, 97, 65, 1], activation: 'relu' }, 613],
];

afterAll(stopBackend);

describe.runIf(canShareMemory()).each([false, true])('threads of the SIMD kernels, relaxed: %s', (relaxedSimd) => {
  it('change no bit of a result', async () => {
    if (relaxedSimd) await enableRelaxedSimd();
    const outcomes: number[][] = [];
    for (const threads of [1, 2, 3]) {
      await startBackend('wasm', { threads, relaxedSimd });
      expect(simdContext()).toMatchObject({ threads, relaxed: relaxedSimd });
      // Again and again, since who takes which block is chance.
      for (let round = 0; round < 5; round++) {
        for (const [i, [spec, batch]] of CASES.entries()) {
          const found = await outcome(spec, batch);
          outcomes[i] ??= found;
          expect(found).toEqual(outcomes[i]);
        }
      }
    }
  });
});

it.runIf(canShareMemory())('works on after the backend was stopped and started', async () => {
  await startBackend('wasm', { threads: 2 });
  const [spec, batch] = CASES[1] as (typeof CASES)[number];
  const before = await outcome(spec, batch);
  stopBackend();
  expect(simdContext()).toBeNull();
  await startBackend('wasm', { threads: 2 });
  expect(await outcome(spec, batch)).toEqual(before);
});

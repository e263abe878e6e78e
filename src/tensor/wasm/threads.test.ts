import { grads, mul, sum, tensor, tensor1d, tensor2d, tidy, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { simdContext } from '../backend-state.ts';
import { startBackend, stopBackend } from '../backend.ts';
import { fusedDenoising } from '../kernels/denoiser.ts';
import { mlp } from '../kernels/mlp.ts';
import { mlpLayout, type MlpSpec } from '../mlp-layout.ts';
import { testNormals } from '../testing.ts';
import { canShareMemory } from './shared-memory.ts';

/** FNV-1a over the bits of the values. */
function digest(values: Float32Array): number {
  let hash = 0x811c9dc5;
  for (const bits of new Uint32Array(values.slice().buffer)) hash = Math.imul(hash ^ bits, 0x01000193);
  return hash;
}

/** Digests of the output and both gradients of an MLP that is large enough for several threads. */
async function outcome(spec: MlpSpec, batch: number): Promise<number[]> {
  const [inWidth, outWidth] = [spec.sizes[0] as number, spec.sizes.at(-1) as number];
  const x = testNormals('x', batch * inWidth);
  const params = testNormals('params', mlpLayout(spec).parameterCount, 0.1);
  const weights = testNormals('weights', batch * outWidth);
  return digests(
    tidy(() => {
      const gradient = grads((a, b) => sum(mul(mlp(a as Tensor2D, b, spec), tensor2d(weights, [batch, outWidth]))));
      const inputs = [tensor2d(x, [batch, inWidth]), tensor1d(params)] as const;
      return [mlp(inputs[0], inputs[1], spec), ...gradient([...inputs])];
    }),
  );
}

/** The same of a reverse chain: actions, and the gradients of parameters and table. */
async function chainOutcome(): Promise<number[]> {
  const [batch, width, stateWidth, steps] = [100, 2, 2, 4];
  const spec: MlpSpec = { sizes: [8, 128, 128, 128, 2], activation: 'mish' };
  const coefficients = { a: 1.1, b: 0.4, c0: 0.7, cx: 0.2, ce: 0, sigma: 0.1, bound: 1, clipResult: false };
  const plan = Array.from({ length: steps }, (_, k) => ({ at: steps - 1 - k, coefficients }));
  const run = (params: Tensor, table: Tensor) =>
    fusedDenoising()!.reverseChain(
      { params, spec, table: table as Tensor2D },
      {
        states: tensor2d(testNormals('states', batch * stateWidth), [batch, stateWidth]),
        noise: tensor(testNormals('noise', (steps + 1) * batch * width), [steps + 1, batch, width]),
        plan,
        start: null,
        first: 0,
      },
    );
  return digests(
    tidy(() => {
      const inputs = [
        tensor1d(testNormals('params', mlpLayout(spec).parameterCount, 0.1)),
        tensor2d(testNormals('table', steps * 4), [steps, 4]),
      ] as const;
      return [run(...inputs), ...grads((a, b) => sum(run(a, b)))([...inputs])];
    }),
  );
}

async function digests(tensors: Tensor[]): Promise<number[]> {
  const values = await Promise.all(tensors.map((each) => each.data()));
  for (const each of tensors) each.dispose();
  return values.map((value) => digest(value as Float32Array));
}

const CASES: [MlpSpec, number][] = [
  [{ sizes: [39, 256, 256, 256, 6], activation: 'mish' }, 256],
  [{ sizes: [8, 128, 128, 2], activation: 'mish' }, 100],
  [{ sizes: [17, 97, 65, 1], activation: 'relu' }, 613],
];

afterAll(stopBackend);

describe.runIf(canShareMemory()).each([false, true])(
  'thread pool of the SIMD kernels, relaxed SIMD: %s',
  (relaxedSimd) => {
    it('the number of threads does not change a bit of the results', async () => {
      let outcomes: number[][] | null = null;
      for (const threads of [1, 2, 3]) {
        await startBackend('wasm', { threads, relaxedSimd });
        expect(simdContext()).toMatchObject({ threads, relaxed: relaxedSimd });
        // Repeated, since the assignment of blocks to threads is random.
        for (let round = 0; round < 5; round++) {
          const found = [await chainOutcome()];
          for (const [spec, batch] of CASES) found.push(await outcome(spec, batch));
          outcomes ??= found;
          expect(found).toEqual(outcomes);
        }
      }
    });
  },
);

it.runIf(canShareMemory())(
  'worker threads process blocks',
  async () => {
    await startBackend('wasm', { threads: 2 });
    const [spec, batch] = CASES[0] as (typeof CASES)[number];
    // A worker takes time to start, and in a browser needs turns of this thread's event loop.
    for (let attempt = 0; attempt < 2000 && simdContext()?.kernels.blocksProcessed(1) === 0; attempt++) {
      await outcome(spec, batch);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(simdContext()?.kernels.blocksProcessed(1)).toBeGreaterThan(0);
  },
  120_000,
);

it.runIf(canShareMemory())('the thread pool works again after the backend was stopped and restarted', async () => {
  await startBackend('wasm', { threads: 2 });
  const [spec, batch] = CASES[1] as (typeof CASES)[number];
  const before = await outcome(spec, batch);
  stopBackend();
  expect(simdContext()).toBeNull();
  await startBackend('wasm', { threads: 2 });
  expect(await outcome(spec, batch)).toEqual(before);
});

/** Helpers of tests: running them on every backend, and comparing numbers. */
import { engine, variable, zerosLike, type Tensor, type Tensor1D, type Variable } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { RandomStream } from '../math/streams.ts';
import { setGpuProfile, setSimdContext, simdContext } from './backend-state.ts';
import { onGpuError, startBackend } from './backend.ts';
import { dryRun } from './compile-ahead.ts';
import { IN_NODE } from './gradients.ts';
import { adamStep } from './kernels/adam.ts';
import type { Clipping } from './kernels/gradient-norm.ts';
import { installNodeGpu } from './node-gpu.ts';
import { packScalars } from './step-capture.ts';

type TestedBackend = 'cpu' | 'wasm' | 'wasm with relaxed SIMD' | 'wasm without SIMD' | 'webgpu';

const ALL: readonly TestedBackend[] = ['cpu', 'wasm', 'wasm with relaxed SIMD', 'wasm without SIMD', 'webgpu'];

/** For tests that run in the browser as well: there is no need of WebGPU in Node, which is Dawn on the same device. */
export const KERNEL_BACKENDS = ALL.filter((backend) => backend !== 'webgpu' || !IN_NODE);

async function startTested(backend: TestedBackend): Promise<void> {
  const relaxedSimd = backend === 'wasm with relaxed SIMD';
  const choice = backend === 'cpu' || backend === 'webgpu' ? backend : 'wasm';
  await startBackend(choice, { relaxedSimd });
}

/** Starts WebGPU with the default limits, whatever the adapter's, and kernels tiled as for a hardware adapter. */
export async function startWithDefaultLimits(): Promise<void> {
  if (IN_NODE) await installNodeGpu();
  const { gpu } = navigator;
  const requestAdapter = gpu.requestAdapter.bind(gpu);
  gpu.requestAdapter = async (options) => {
    const adapter = await requestAdapter(options);
    if (!adapter) return null;
    const requestDevice = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = () => requestDevice();
    return adapter;
  };
  try {
    await startBackend('webgpu');
  } finally {
    gpu.requestAdapter = requestAdapter;
  }
  const { limits } = (engine().backend as unknown as { device: GPUDevice }).device;
  expect(limits.maxComputeWorkgroupStorageSize).toBe(16384);
  expect(limits.maxStorageBuffersPerShaderStage).toBe(8);
  expect(limits.maxComputeInvocationsPerWorkgroup).toBe(256);
  expect(limits.maxStorageBufferBindingSize).toBe(128 * 2 ** 20);
  setGpuProfile({ software: false, workgroupMemory: limits.maxComputeWorkgroupStorageSize, aggressiveFusion: true });
}

/** Starts WebGPU with the adapter's limits, and kernels tiled and fused as for a hardware adapter. */
export async function startAsOnGpu(): Promise<void> {
  await startBackend('webgpu');
  const { limits } = (engine().backend as unknown as { device: GPUDevice }).device;
  setGpuProfile({ software: false, workgroupMemory: limits.maxComputeWorkgroupStorageSize, aggressiveFusion: true });
}

/** Starts WebGPU to count dispatches as on a GPU, without compiling them. */
export async function startToCount(): Promise<void> {
  await startBackend('webgpu');
  const { device } = engine().backend as unknown as { device: GPUDevice };
  device.createComputePipelineAsync = () => new Promise(() => undefined);
  setGpuProfile({ software: false, workgroupMemory: 32768, aggressiveFusion: true });
}

/**
 * The fused dispatches of a recorded step, described, on a GPU with this many bindings a dispatch. Empty if one of them
 * is tfjs' own.
 * @param step returns its scalars by name; it is traced, not run
 */
export function dispatchesOf(step: () => Record<string, Tensor>, buffers: number): string[] {
  const limits = { buffers, workgroups: 65535, memory: 32768, aggressiveFusion: true };
  return dryRun(() => packScalars(step()), limits).map((sequences) =>
    sequences.map((each) => each.map(({ part }) => `${part?.name}[${part?.workgroups[0]}]`).join(' → ')).join(' + '),
  );
}

/** Runs the tests of `body` on each backend. An uncaptured GPU error fails the suite. */
export function describeOnBackends(
  title: string,
  body: (backend: TestedBackend) => void,
  backends: readonly TestedBackend[] = ALL,
): void {
  describe.each(backends)(`${title} on %s`, (backend) => {
    const errors: string[] = [];
    let stopListening = () => {};
    let simd: ReturnType<typeof simdContext> = null;

    beforeAll(async () => {
      await startTested(backend);
      stopListening = onGpuError((message) => errors.push(message));
      simd = simdContext();
      if (backend === 'wasm' || backend === 'wasm with relaxed SIMD') expect(simd).not.toBeNull();
      if (backend === 'wasm without SIMD') setSimdContext(null);
    }, 60_000);

    afterAll(() => {
      stopListening();
      setSimdContext(simd);
      expect(errors).toEqual([]);
    });

    body(backend);
  });
}

/** Standard normal numbers that depend only on the name. */
export function testNormals(name: string, count: number, scale = 1): Float32Array {
  const values = new Float32Array(count);
  new RandomStream(7, name).fillNormal(values, 0);
  return values.map((value) => value * scale);
}

/** Largest absolute difference; Infinity if a difference is NaN or the lengths differ. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    if (!(difference <= largest)) largest = difference;
  }
  return Number.isNaN(largest) ? Infinity : largest;
}

/** Gradient of `evaluate` at `values` by central differences in float64. */
export function centralDifferences(
  values: ArrayLike<number>,
  evaluate: (changed: Float64Array) => number,
  h = 1e-4,
): Float64Array {
  return Float64Array.from(values, (_, i) => {
    const up = Float64Array.from(values);
    const down = Float64Array.from(values);
    up[i]! += h;
    down[i]! -= h;
    return (evaluate(up) - evaluate(down)) / (2 * h);
  });
}

/** A gradient clipped as Adam does it. */
export function clipped(gradient: Tensor1D, clipping: Clipping): Variable {
  const [p, m, v] = [0, 1, 2].map(() => variable(zerosLike(gradient))) as [Variable, Variable, Variable];
  // With β₁ = 0 the first moment is the gradient.
  const settings = { learningRate: () => 0, beta1: 0, beta2: 0, epsilon: 1 };
  adamStep({ p, m, v }, gradient, clipping, () => 1, settings);
  p.dispose();
  v.dispose();
  return m;
}

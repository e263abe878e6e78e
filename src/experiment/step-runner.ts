/** Chooses how gradient steps run on the backend that is active. */
import type { Algorithm, Batch } from '../algorithms/algorithm.ts';
import type { Draws } from '../tensor/draws.ts';
import { runningGpu } from '../tensor/engine.ts';
import { runningSimd } from '../tensor/wasm/tensors.ts';
import { WebGpuStepRunner, type SteppedDraws, type StepRunner } from './webgpu-step-runner.ts';
import { WasmStepRunner } from './wasm-step-runner.ts';

/** Records steps on WebGPU, and on wasm with SIMD; null on other backends, which run each step through tfjs. */
export function createStepRunner(
  algorithm: Algorithm,
  draws: SteppedDraws,
  batch: (draws: Draws) => Batch,
): StepRunner | null {
  if (runningGpu()) return new WebGpuStepRunner(algorithm, draws, batch);
  return runningSimd() ? new WasmStepRunner(algorithm, draws, batch) : null;
}

/** How gradient steps are taken on the backend that runs. */
import type { Algorithm, Batch } from '../algorithms/algorithm.ts';
import type { Draws } from '../tensor/draws.ts';
import { runningGpu } from '../tensor/engine.ts';
import { runningSimd } from '../tensor/wasm/tensors.ts';
import { RecordedSteps, type SteppedDraws, type StepTaker } from './webgpu-step-runner.ts';
import { ReplayedSteps } from './wasm-step-runner.ts';

/** Recorded on WebGPU, and on wasm with SIMD; null where each step is taken as it is written. */
export function stepTaker(algorithm: Algorithm, draws: SteppedDraws, batch: (draws: Draws) => Batch): StepTaker | null {
  if (runningGpu()) return new RecordedSteps(algorithm, draws, batch);
  return runningSimd() ? new ReplayedSteps(algorithm, draws, batch) : null;
}

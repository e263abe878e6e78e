/** Compiles the shaders of a step concurrently before it runs: one after the other takes much longer. */
import { engine, env, tensor1d, tidy, type Tensor1D } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { MAX_STEP_INPUTS } from './step-capture.ts';
import { setStepInputBuffer } from './step-input.ts';
import { compilePipeline, internalsOf, pendingPipelines, setCompileOnly, watchDispatches } from './webgpu/dispatch.ts';
import { scheduleDispatches, mergedPart, fusionLimits, type FusionLimits } from './webgpu/dispatch-scheduler.ts';
import type { Sequences } from './webgpu/merge-shaders.ts';
import { stepDispatch, type StepDispatch } from './webgpu/step-graph.ts';

type Pipelines = Record<string, GPUComputePipeline | Promise<GPUComputePipeline>>;

const COMPILE_ONLY = 'WEBGPU_ENGINE_COMPILE_ONLY';

/**
 * Traces a step without running it, and starts to compile its shaders. The step must restore its own state, such as a
 * count of steps.
 * @returns the fused dispatches of its recording (by `limits`, those of the device by default). Data ids stand for
 *   buffers, since none are allocated. Empty if some dispatches are tfjs' own, which are not captured here.
 */
export function dryRun(step: () => void, limits?: FusionLimits): Sequences<StepDispatch>[] {
  const backend = engine().backend as WebGPUBackend;
  const captured: StepDispatch[] = [];
  let fused: Sequences<StepDispatch>[] = [];
  let tfjsDispatches = 0;
  const run = backend.runWebGPUProgram.bind(backend);
  let next = 0;
  const inputs: Tensor1D = tensor1d(new Float32Array(MAX_STEP_INPUTS));
  try {
    setCompileOnly(true);
    env().set(COMPILE_ONLY, true);
    setStepInputBuffer({ add: () => ({ tensor: inputs, index: next++ }), addTensor: () => undefined });
    watchDispatches((what) => {
      const tensors = what.bindings.map(({ tensor }) => tensor.dataId as GPUBuffer);
      captured.push(stepDispatch(what, tensors));
    });
    backend.runWebGPUProgram = (...given) => {
      tfjsDispatches++;
      return run(...given);
    };
    tidy(() => {
      step();
      // Dispatches of tfjs would change what can be fused.
      if (tfjsDispatches > 0) return;
      const { tensorMap, device } = internalsOf(backend);
      fused = scheduleDispatches(captured, (tensor) => tensorMap.has(tensor), limits ?? fusionLimits(device));
    });
  } finally {
    watchDispatches(null);
    backend.runWebGPUProgram = run;
    setStepInputBuffer(null);
    setCompileOnly(false);
    env().set(COMPILE_ONLY, false);
    inputs.dispose();
  }
  return fused;
}

/**
 * Compiles the dispatches of `steps` as their recordings have them, without running the steps.
 * @param onProgress called with the number of pipelines that are ready, and of all
 */
export async function compileAhead(
  steps: readonly (() => void)[],
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const backend = engine().backend as WebGPUBackend;
  const { device } = internalsOf(backend);
  const cache = (backend as unknown as { pipelineCache: Pipelines }).pipelineCache;
  for (const step of steps) {
    for (const sequences of dryRun(step)) {
      if (sequences.flat().length > 1) void compilePipeline(mergedPart(sequences), device);
    }
  }
  const pending = pendingPipelines(backend);
  for (const [key, pipeline] of Object.entries(cache)) {
    if (!(pipeline instanceof Promise)) continue;
    // tfjs cannot use a pipeline that is not ready: it leaves the cache meanwhile.
    delete cache[key];
    pending.push(pipeline.then((ready) => (cache[key] ??= ready)));
  }
  let done = 0;
  onProgress(done, pending.length);
  await Promise.all(pending.map((pipeline) => pipeline.then(() => onProgress(++done, pending.length))));
}

/** Compiling the shaders of a step all at once, before it is run: one after the other they take much longer. */
import { engine, env, tensor1d, tidy, type Tensor1D } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { MAX_STEP_INPUTS } from './step-capture.ts';
import { setStepInputBuffer } from './step-input.ts';
import {
  compilePipeline as compileOne,
  internalsOf,
  pendingPipelines,
  setCompileOnly,
  watchDispatches,
} from './webgpu/dispatch.ts';
import { scheduleDispatches, mergedPart, fusionLimits, type FusionLimits } from './webgpu/dispatch-scheduler.ts';
import type { Sequences } from './webgpu/merge-shaders.ts';
import { stepDispatch, type StepDispatch } from './webgpu/step-graph.ts';

type Pipelines = Record<string, GPUComputePipeline | Promise<GPUComputePipeline>>;

const COMPILE_ONLY = 'WEBGPU_ENGINE_COMPILE_ONLY';

/**
 * Takes a step that is not run: its shaders are being compiled from now on. What it leaves behind in numbers of its own (a
 * step's count) is its own to put back.
 * @returns what its recording would put together (by `limits`, those of the device by default) of dispatches that are
 *   bound to what tells tensors apart, since nothing has buffers; nothing where some are tfjs' own, which are not seen here
 */
export function dryRun(step: () => void, limits?: FusionLimits): Sequences<StepDispatch>[] {
  const backend = engine().backend as WebGPUBackend;
  const noted: StepDispatch[] = [];
  let merged: Sequences<StepDispatch>[] = [];
  let theirs = 0;
  const run = backend.runWebGPUProgram.bind(backend);
  let next = 0;
  const slots: Tensor1D = tensor1d(new Float32Array(MAX_STEP_INPUTS));
  try {
    setCompileOnly(true);
    env().set(COMPILE_ONLY, true);
    setStepInputBuffer({ add: () => ({ tensor: slots, index: next++ }), addTensor: () => undefined });
    watchDispatches((what) => {
      const tensors = what.bindings.map(({ tensor }) => tensor.dataId as GPUBuffer);
      noted.push(stepDispatch(what, tensors));
    });
    backend.runWebGPUProgram = (...given) => {
      theirs++;
      return run(...given);
    };
    tidy(() => {
      step();
      // With dispatches of tfjs among them others may be put together.
      if (theirs > 0) return;
      const { tensorMap, device } = internalsOf(backend);
      merged = scheduleDispatches(noted, (tensor) => tensorMap.has(tensor), limits ?? fusionLimits(device));
    });
  } finally {
    watchDispatches(null);
    backend.runWebGPUProgram = run;
    setStepInputBuffer(null);
    setCompileOnly(false);
    env().set(COMPILE_ONLY, false);
    slots.dispose();
  }
  return merged;
}

/**
 * Compiles what `steps` would dispatch if each were recorded. Nothing of them is run.
 * @param onProgress is told how many of the pipelines are ready
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
      if (sequences.flat().length > 1) void compileOne(mergedPart(sequences), device);
    }
  }
  const pending = pendingPipelines(backend);
  for (const [key, pipeline] of Object.entries(cache)) {
    if (!(pipeline instanceof Promise)) continue;
    // tfjs would fail over a pipeline that is not ready: meanwhile it is not known.
    delete cache[key];
    pending.push(pipeline.then((ready) => (cache[key] ??= ready)));
  }
  let done = 0;
  onProgress(done, pending.length);
  await Promise.all(pending.map((pipeline) => pipeline.then(() => onProgress(++done, pending.length))));
}

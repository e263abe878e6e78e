/** Compiling the shaders of a step all at once, before it is run: one after the other they take much longer. */
import { engine, env, tensor1d, tidy, type Tensor1D } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { SLOTS } from './noted-step.ts';
import { setVaryingSlots } from './varying.ts';
import {
  compileAhead as compileOne,
  internalsOf,
  pendingPipelines,
  setCompileOnly,
  watchDispatches,
} from './webgpu/dispatch.ts';
import {
  fewerDispatches,
  mergedPart,
  mergeLimits,
  stepDispatch,
  type StepDispatch,
} from './webgpu/fewer-dispatches.ts';

type Pipelines = Record<string, GPUComputePipeline | Promise<GPUComputePipeline>>;

/** Takes a step that is only compiled, and has what its recording will put together compiled as well. */
function rehearsed(backend: WebGPUBackend, step: () => void): void {
  const { tensorMap, device } = internalsOf(backend);
  const noted: StepDispatch[] = [];
  let theirs = 0;
  const run = backend.runWebGPUProgram.bind(backend);
  // Nothing has buffers here: what tells tensors apart stands for them.
  watchDispatches((what) =>
    noted.push(
      stepDispatch(
        what,
        what.bindings.map(({ tensor }) => tensor.dataId as GPUBuffer),
      ),
    ),
  );
  backend.runWebGPUProgram = (...given) => {
    theirs++;
    return run(...given);
  };
  try {
    step();
  } finally {
    watchDispatches(null);
    backend.runWebGPUProgram = run;
  }
  // With dispatches of tfjs among them, which are not seen here, others may be put together.
  if (theirs > 0) return;
  for (const sequences of fewerDispatches(noted, (id) => tensorMap.has(id), mergeLimits(device))) {
    if (sequences.flat().length > 1) void compileOne(mergedPart(sequences), device);
  }
}

/**
 * Compiles what `steps` would dispatch if each were recorded. Nothing of them is run; what they leave behind in numbers
 * of their own (a step's count) is theirs to put back.
 * @param onProgress is told how many of the pipelines are ready
 */
export async function compileAhead(
  steps: readonly (() => void)[],
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const backend = engine().backend as WebGPUBackend;
  const cache = (backend as unknown as { pipelineCache: Pipelines }).pipelineCache;
  const compileOnly = 'WEBGPU_ENGINE_COMPILE_ONLY';
  setCompileOnly(true);
  env().set(compileOnly, true);
  try {
    for (const step of steps) {
      let next = 0;
      const slots: Tensor1D = tensor1d(new Float32Array(SLOTS));
      setVaryingSlots({ add: () => ({ tensor: slots, index: next++ }), addData: () => undefined });
      tidy(() => {
        rehearsed(backend, step);
      });
      slots.dispose();
    }
  } finally {
    setVaryingSlots(null);
    setCompileOnly(false);
    env().set(compileOnly, false);
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

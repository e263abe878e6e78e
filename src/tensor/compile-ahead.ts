/** Compiling the shaders of a step all at once, before it is run: one after the other they take much longer. */
import { engine, env, tensor1d, tidy, type Tensor1D } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { SLOTS } from './recording.ts';
import { setVaryingSlots } from './varying.ts';
import { pendingPipelines, setCompileOnly } from './webgpu/dispatch.ts';

type Pipelines = Record<string, GPUComputePipeline | Promise<GPUComputePipeline>>;

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
      tidy(step);
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

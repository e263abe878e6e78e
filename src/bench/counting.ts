/** Counting what a step asks of tfjs and of the GPU, from outside of both. */
import { engine } from '@tensorflow/tfjs-core';

export interface Counts {
  kernels: number;
  dispatches: number;
}

interface KernelCall {
  /** Absent for a gradient of one's own, which runs kernels and is none. */
  kernelName?: string;
}

/** Counts from now on, for as long as the process lives; an increment a call is all that it costs. */
export function startCounting(): Counts {
  const counts = { kernels: 0, dispatches: 0 };
  const tfjs = engine() as unknown as { runKernelFunc(call: KernelCall): unknown };
  const runKernelFunc = tfjs.runKernelFunc.bind(tfjs);
  // tfjs' own profile would read every output back, which takes minutes on WebGPU.
  tfjs.runKernelFunc = (call) => {
    if (call.kernelName !== undefined) counts.kernels++;
    return runKernelFunc(call);
  };
  const encoder = (globalThis as { GPUComputePassEncoder?: { prototype: GPUComputePassEncoder } })
    .GPUComputePassEncoder;
  if (encoder) countDispatches(encoder.prototype, counts);
  return counts;
}

function countDispatches(encoder: GPUComputePassEncoder, counts: Counts): void {
  for (const name of ['dispatchWorkgroups', 'dispatchWorkgroupsIndirect'] as const) {
    const dispatch = Reflect.get(encoder, name) as (...args: unknown[]) => void;
    Object.assign(encoder, {
      [name](this: GPUComputePassEncoder, ...args: unknown[]) {
        counts.dispatches++;
        dispatch.apply(this, args);
      },
    });
  }
}

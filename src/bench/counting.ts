/** Counts the tfjs kernels and WebGPU dispatches of a step by wrapping both APIs. */
import { engine } from '@tensorflow/tfjs-core';

export interface Counts {
  kernels: number;
  dispatches: number;
}

interface KernelCall {
  /** Absent for a custom gradient, which runs kernels but is no kernel itself. */
  kernelName?: string;
}

/** Counts from now on until the process ends. It costs one increment per call. */
export function startCounting(): Counts {
  const counts = { kernels: 0, dispatches: 0 };
  const tfjs = engine() as unknown as { runKernelFunc(call: KernelCall): unknown };
  const runKernelFunc = tfjs.runKernelFunc.bind(tfjs);
  // tfjs' own profiler reads every output back, which takes minutes on WebGPU.
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

/** Access to tfjs' engine for the kernels. */
import { engine, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

/** The WebGPU backend if it is running, or null. */
export function runningGpu(): WebGPUBackend | null {
  return engine().backendName === 'webgpu' ? (engine().backend as WebGPUBackend) : null;
}

/** Whether the tape records. Unknown inside an operation. */
export function isDifferentiated(): boolean {
  return (engine() as unknown as { isTapeOn(): boolean }).isTapeOn();
}

/** Makes a tensor that the engine tracks from the output of a backend. */
export function wrap(info: TensorInfo): Tensor {
  return engine().makeTensorFromTensorInfo(info);
}

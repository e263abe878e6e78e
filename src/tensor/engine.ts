/** tfjs' engine as the kernels need it: which backend runs, and tensors of what it has made. */
import { engine, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

/** The WebGPU backend, if it is what runs. */
export function runningGpu(): WebGPUBackend | null {
  return engine().backendName === 'webgpu' ? (engine().backend as WebGPUBackend) : null;
}

/** Whether a gradient may be asked for of what is done now. Inside of an operation it is not known. */
export function isDifferentiated(): boolean {
  return (engine() as unknown as { isTapeOn(): boolean }).isTapeOn();
}

/** What a backend has made, as a tensor that the engine counts and disposes of. */
export function wrap(info: TensorInfo): Tensor {
  return engine().makeTensorFromTensorInfo(info);
}

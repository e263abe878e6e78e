/** The memory that the running backend holds. */
import { engine, memory } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { runningGpu } from './engine.ts';

interface BackendMemory {
  /** Bytes of the wasm backend's memory, which never shrinks; null on other backends. */
  wasm: number | null;
  /** Whether that memory is shared among threads. */
  shared: boolean;
  /** Bytes of the WebGPU backend's buffers, its pool included; null on other backends. */
  gpu: number | null;
}

export function backendMemory(): BackendMemory {
  const { numBytesAllocatedInGPU } = memory() as ReturnType<typeof memory> & { numBytesAllocatedInGPU?: number };
  const heap = engine().backendName === 'wasm' ? (engine().backend as BackendWasm).wasm.HEAPU8.buffer : null;
  return {
    wasm: heap?.byteLength ?? null,
    shared: typeof SharedArrayBuffer !== 'undefined' && heap instanceof SharedArrayBuffer,
    gpu: runningGpu() ? (numBytesAllocatedInGPU ?? null) : null,
  };
}

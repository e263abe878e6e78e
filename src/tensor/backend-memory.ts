/** How much memory the backend that runs holds. */
import { engine, memory } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { runningGpu } from './engine.ts';

interface BackendMemory {
  /** Bytes of the wasm backend's memory, which only ever grows; null elsewhere. */
  wasm: number | null;
  /** Whether threads share it. */
  shared: boolean;
  /** Bytes that the WebGPU backend holds in buffers, those it keeps for later included; null elsewhere. */
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

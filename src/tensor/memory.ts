/** Throws when memory runs out: tfjs does not check whether an allocation failed. */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

const MEGABYTE = 1e6;

/** Formats bytes as megabytes. */
export function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toLocaleString('en', { maximumFractionDigits: bytes < 10 * MEGABYTE ? 1 : 0 })} MB`;
}

/** A tensor does not fit into the memory of the backend. */
export class OutOfMemoryError extends Error {
  override name = 'OutOfMemoryError';
  /** Bytes of the tensor. */
  readonly requested: number;
  /** Most bytes of one tensor; null if that is not known. */
  readonly room: number | null;

  constructor(requested: number, room: number | null) {
    const most = room === null ? 'and there is no room for them' : `and one tensor may have ${megabytes(room)}`;
    super(`Out of memory: ${megabytes(requested)} were asked for, ${most}.`);
    this.requested = requested;
    this.room = room;
  }
}

const guarded = new WeakSet<object>();

/** Makes allocations on a full WebAssembly heap throw: they return 0, which would be used as an address. */
export function guardHeap(heap: { _malloc(bytes: number): number; _free(pointer: number): void }): void {
  if (guarded.has(heap)) return;
  guarded.add(heap);
  // At the first call Emscripten replaces a stub by the function itself.
  heap._free(heap._malloc(1));
  const malloc = heap._malloc.bind(heap);
  heap._malloc = (bytes) => {
    const pointer = malloc(bytes);
    if (pointer === 0 && bytes > 0) throw new OutOfMemoryError(bytes, null);
    return pointer;
  };
}

/**
 * @throws OutOfMemoryError for a buffer that the device cannot bind: it would drop the dispatch, and report that later.
 */
export function assertRoom(bytes: number, limits: GPUSupportedLimits): void {
  const room = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  if (bytes > room) throw new OutOfMemoryError(bytes, room);
}

/** Makes the allocation of a tensor throw if the device cannot bind it. */
export function guardBuffers(backend: WebGPUBackend, limits: GPUSupportedLimits): void {
  const { bufferManager } = backend as unknown as {
    bufferManager: { acquireBuffer(size: number, usage: number, mapped?: boolean, reuse?: boolean): GPUBuffer };
  };
  const acquire = bufferManager.acquireBuffer.bind(bufferManager);
  bufferManager.acquireBuffer = (size, usage, mapped, reuse) => {
    assertRoom(size, limits);
    return acquire(size, usage, mapped, reuse);
  };
}

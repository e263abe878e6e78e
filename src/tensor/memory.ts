/** Running out of memory, said at once: tfjs asks no backend whether it got what it asked for. */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

const MEGABYTE = 1e6;

/** Bytes in words. */
export function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toLocaleString('en', { maximumFractionDigits: bytes < 10 * MEGABYTE ? 1 : 0 })} MB`;
}

/** A backend has no room for a tensor. */
export class OutOfMemoryError extends Error {
  override name = 'OutOfMemoryError';
  /** Bytes of the tensor. */
  readonly asked: number;
  /** Bytes that one tensor may have at most; null where that is not known. */
  readonly room: number | null;

  constructor(asked: number, room: number | null) {
    const most = room === null ? 'and there is no room for them' : `and one tensor may have ${megabytes(room)}`;
    super(`Out of memory: ${megabytes(asked)} were asked for, ${most}.`);
    this.asked = asked;
    this.room = room;
  }
}

const guarded = new WeakSet<object>();

/** Lets a WebAssembly heap that is full throw: it answers 0, which is written to as if it were an address. */
export function guardHeap(heap: { _malloc(bytes: number): number; _free(pointer: number): void }): void {
  if (guarded.has(heap)) return;
  guarded.add(heap);
  // Emscripten puts the function itself in the place of a stub at the first call.
  heap._free(heap._malloc(1));
  const malloc = heap._malloc.bind(heap);
  heap._malloc = (bytes) => {
    const pointer = malloc(bytes);
    if (pointer === 0 && bytes > 0) throw new OutOfMemoryError(bytes, null);
    return pointer;
  };
}

/** @throws OutOfMemoryError for a buffer beyond what the device can bind: it would drop the dispatch, and tell of it later. */
export function assertRoom(bytes: number, limits: GPUSupportedLimits): void {
  const room = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  if (bytes > room) throw new OutOfMemoryError(bytes, room);
}

/** Lets a tensor beyond what the device can bind throw. */
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

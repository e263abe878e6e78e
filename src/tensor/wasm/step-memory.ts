/**
 * The memory of a recorded step on the wasm backend. A tensor that the step creates reuses the block of one that it has
 * disposed of. A replay makes the same calls in the same order, so the earlier tensor is no longer needed then. A block for
 * every tensor would be many times the size of a cache.
 */
import { util, type DataId, type DataType } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** Smaller blocks are never reused: tensors that outlive the step (its scalars) are smaller. */
const MIN_REUSED_BYTES = 64;

interface TensorMemory {
  memoryOffset: number;
  shape: number[];
  dtype: DataType;
}

export class StepMemory {
  readonly #backend: BackendWasm;
  /** Tensors that the step created and disposed of. Their memory belongs to the recording. */
  readonly #freed = new Set<DataId>();
  /** Tensors in a reused block, which its first owner has from the heap. */
  readonly #reused = new Set<DataId>();
  /** Tensors whose values are constants of the step. */
  readonly #pinned = new Set<DataId>();
  /** Free blocks by size in bytes. The last one is the likeliest to be in the cache. */
  readonly #free = new Map<number, number[]>();

  constructor(backend: BackendWasm) {
    this.#backend = backend;
  }

  /** A free block of exactly this size, if there is one. */
  allocate(shape: readonly number[], dtype: DataType): number | undefined {
    return this.#free.get(bytesOf(shape, dtype))?.pop();
  }

  /** Marks a tensor as placed in a block of `allocate`. */
  markReused(dataId: DataId): void {
    this.#reused.add(dataId);
  }

  /** Excludes a tensor's block from reuse. */
  pin(dataId: DataId): void {
    this.#pinned.add(dataId);
  }

  /** Records that the step has disposed of a tensor. Replayed calls still find it. */
  free(dataId: DataId): void {
    this.#freed.add(dataId);
    const { memoryOffset, shape, dtype } = this.#memoryOf(dataId);
    const bytes = bytesOf(shape, dtype);
    if (this.#pinned.has(dataId) || bytes < MIN_REUSED_BYTES) return;
    const blocks = this.#free.get(bytes);
    if (blocks) blocks.push(memoryOffset);
    else this.#free.set(bytes, [memoryOffset]);
  }

  /** @throws Error if a tensor outlives the step in a reused block, which a replay overwrites. */
  assertNoneEscapes(): void {
    for (const dataId of this.#reused) {
      if (this.#freed.has(dataId)) continue;
      const { shape } = this.#memoryOf(dataId);
      throw new Error(`A step that keeps a tensor it made ([${shape.join(', ')}]) cannot be recorded.`);
    }
  }

  /** Frees the memory. tfjs has already counted it as disposed. */
  release(): void {
    for (const dataId of this.#freed) {
      // Freeing address 0 does nothing.
      if (this.#reused.has(dataId)) this.#memoryOf(dataId).memoryOffset = 0;
      this.#backend.disposeData(dataId, true);
    }
  }

  #memoryOf(dataId: DataId): TensorMemory {
    return this.#backend.dataIdMap.get(dataId) as unknown as TensorMemory;
  }
}

function bytesOf(shape: readonly number[], dtype: DataType): number {
  return util.sizeFromShape([...shape]) * util.bytesPerElement(dtype);
}

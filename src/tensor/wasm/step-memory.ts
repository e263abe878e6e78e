/**
 * The memory of a recorded step on the wasm backend. What the step lets go of gives its place to what it makes later, as
 * when memory is freed and asked for again: calls come in the same order whenever the step is run, so whoever had a place
 * before is done with it. A step that kept a place for each tensor would work on many times the memory that fits a cache.
 */
import { util, type DataId, type DataType } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** Bytes below which a tensor has a place of its own: what outlives the step (its scalars) is smaller. */
const SHARED_BYTES = 64;

interface TensorMemory {
  memoryOffset: number;
  shape: number[];
  dtype: DataType;
}

export class StepMemory {
  readonly #backend: BackendWasm;
  /** What the step made and let go of again, which stays for the recording. */
  readonly #letGo = new Set<DataId>();
  /** Those whose place was another's before: the first has it from the heap. */
  readonly #lent = new Set<DataId>();
  /** Those whose values are constants. */
  readonly #kept = new Set<DataId>();
  /** Places that nobody has, by their bytes; the last is the one that is likeliest in the cache. */
  readonly #free = new Map<number, number[]>();

  constructor(backend: BackendWasm) {
    this.#backend = backend;
  }

  /** A place that the step is done with, of just the size asked for. */
  take(shape: readonly number[], dtype: DataType): number | undefined {
    return this.#free.get(bytesOf(shape, dtype))?.pop();
  }

  /** Says that a tensor has a place that was taken. */
  lend(dataId: DataId): void {
    this.#lent.add(dataId);
  }

  /** Says that nobody else may have the place of a tensor. */
  keep(dataId: DataId): void {
    this.#kept.add(dataId);
  }

  /** Says that the step has let go of a tensor: calls that are made again still find it. */
  letGo(dataId: DataId): void {
    this.#letGo.add(dataId);
    const { memoryOffset, shape, dtype } = this.#memoryOf(dataId);
    const bytes = bytesOf(shape, dtype);
    if (this.#kept.has(dataId) || bytes < SHARED_BYTES) return;
    const places = this.#free.get(bytes);
    if (places) places.push(memoryOffset);
    else this.#free.set(bytes, [memoryOffset]);
  }

  /** @throws Error where a tensor outlives the step in a place that the step writes to before. */
  check(): void {
    for (const dataId of this.#lent) {
      if (this.#letGo.has(dataId)) continue;
      const { shape } = this.#memoryOf(dataId);
      throw new Error(`A step that keeps a tensor it made ([${shape.join(', ')}]) cannot be recorded.`);
    }
  }

  /** Gives the memory back, which tfjs counts as gone already. */
  release(): void {
    for (const dataId of this.#letGo) {
      // Freeing address 0 does nothing.
      if (this.#lent.has(dataId)) this.#memoryOf(dataId).memoryOffset = 0;
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

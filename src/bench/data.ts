/** Random transitions to train on, and the batch of each step. */
import { dispose, gather, keep, tensor2d, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Batch } from '../algorithms/algorithm.ts';
import { RandomStream } from '../math/streams.ts';
import type { Draws } from '../tensor/draws.ts';
import type { BenchTask } from './tasks.ts';

const ROWS = 10_000;
/** Name of the random stream that draws batches. */
const BATCHES = 'bench/batches';

interface Column {
  name: keyof Batch;
  width: number;
  values: Float32Array;
  /** The values as a tensor, created on first use. */
  resident: Tensor2D | null;
}

/** A dataset whose rows are drawn with replacement. */
export class Transitions {
  readonly #columns: Column[] = [];
  readonly #indices: Int32Array;
  readonly #stream = new RandomStream(0, BATCHES);

  constructor({ widths, batchSize, config }: BenchTask) {
    const { stateWidth, actionWidth } = widths;
    this.#indices = new Int32Array(batchSize);
    this.#add('states', stateWidth, (value) => value);
    this.#add('actions', actionWidth, Math.tanh);
    this.#add('rewards', 1, (value) => value);
    if (!config.bootstrap) return;
    this.#add('nextStates', stateWidth, (value) => value);
    this.#add('notDone', 1, (value) => (value > -2 ? 1 : 0));
  }

  /** The batch of a step, uploaded from the host. The caller disposes it with `disposeBatch`. */
  batch(step: number): Batch {
    this.#stream.fillIntegers(this.#indices, ROWS, step);
    const entries = this.#columns.map(({ name, width, values }) => {
      const rows = new Float32Array(this.#indices.length * width);
      this.#indices.forEach((index, row) => {
        for (let i = 0; i < width; i++) rows[row * width + i] = values[index * width + i] as number;
      });
      return [name, tensor2d(rows, [this.#indices.length, width])] as const;
    });
    return Object.fromEntries(entries) as unknown as Batch;
  }

  /** The batch of the current step of `draws`, gathered on the device. */
  drawBatch(draws: Draws): Batch {
    const indices = draws.integers(BATCHES, [this.#indices.length], ROWS) as Tensor1D;
    const entries = this.#columns.map((column) => {
      column.resident ??= keep(tensor2d(column.values, [ROWS, column.width]));
      return [column.name, gather(column.resident, indices)] as const;
    });
    indices.dispose();
    return Object.fromEntries(entries) as unknown as Batch;
  }

  dispose(): void {
    for (const { resident } of this.#columns) resident?.dispose();
  }

  #add(name: keyof Batch, width: number, shape: (value: number) => number): void {
    const values = new Float32Array(ROWS * width);
    new RandomStream(0, `bench/${name}`).fillNormal(values, 0);
    this.#columns.push({ name, width, values: values.map(shape), resident: null });
  }
}

export function disposeBatch(batch: Batch): void {
  dispose({ ...batch });
}

/** Transitions to learn from that cost nothing to make, and the batch of each step. */
import { dispose, tensor2d } from '@tensorflow/tfjs-core';
import type { Batch } from '../algorithms/algorithm.ts';
import { RandomStream } from '../math/streams.ts';
import type { BenchTask } from './tasks.ts';

const ROWS = 10_000;

interface Column {
  name: keyof Batch;
  width: number;
  values: Float32Array;
}

/** A data set on the host; a step draws its rows with replacement, and uploads them. */
export class Transitions {
  readonly #columns: Column[] = [];
  readonly #indices: Int32Array;
  readonly #stream = new RandomStream(0, 'bench/batches');

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

  /** The batch of a step; whoever asks disposes it with `disposeBatch`. */
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

  #add(name: keyof Batch, width: number, shape: (value: number) => number): void {
    const values = new Float32Array(ROWS * width);
    new RandomStream(0, `bench/${name}`).fillNormal(values, 0);
    this.#columns.push({ name, width, values: values.map(shape) });
  }
}

export function disposeBatch(batch: Batch): void {
  dispose({ ...batch });
}

/** The bandit for the methods: its data, and the batch of each gradient step. */
import { gather, keep, tensor2d, zeros, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Batch, Widths } from '../algorithms/algorithm.ts';
import { generateBandit, heldOut } from '../datasets/bandit.ts';
import { RandomStream } from '../math/streams.ts';
import type { Draws } from '../tensor/draws.ts';
import type { BanditData } from './experiment.ts';

/** The bandit has no state; its networks see two zeros, as published. */
export const BANDIT_WIDTHS: Widths = { stateWidth: 2, actionWidth: 2 };

/** The random stream of batches. */
const BATCHES = 'batches';

export class BanditTask {
  readonly data: BanditData;
  readonly seed: number;
  /** [n, 2] */
  readonly points: Float32Array;
  /** [n] */
  readonly rewards: Float32Array;
  readonly #stream: RandomStream;
  /** The data as tensors, created on first use. */
  #resident: { points: Tensor2D; rewards: Tensor2D } | null = null;
  /** The last batch of each size: methods at the same step share it. */
  readonly #batches = new Map<number, { step: number; batch: Batch }>();

  constructor(data: BanditData, seed: number) {
    this.data = data;
    this.seed = seed;
    const { points, rewards } = generateBandit(data, seed);
    this.points = points;
    this.rewards = rewards;
    this.#stream = new RandomStream(seed, BATCHES);
  }

  /** [n, 2] fresh points of the same distribution. */
  heldOut(count: number): Float32Array {
    return heldOut(this.data, this.seed, count);
  }

  /**
   * The batch of gradient step `step`, drawn with replacement from the stream `batches`. It depends on nothing else, so
   * all methods with the same batch size learn from the same points. It belongs to the task, which disposes it when the
   * batch of another step is requested.
   */
  batch(step: number, size: number): Batch {
    const made = this.#batches.get(size);
    if (made?.step === step) return made.batch;
    const indices = new Int32Array(size);
    this.#stream.fillIntegers(indices, this.rewards.length, step);
    const actions = new Float32Array(2 * size);
    const rewards = new Float32Array(size);
    indices.forEach((index, row) => {
      actions[2 * row] = this.points[2 * index] as number;
      actions[2 * row + 1] = this.points[2 * index + 1] as number;
      rewards[row] = this.rewards[index] as number;
    });
    made?.batch.actions.dispose();
    made?.batch.rewards.dispose();
    const batch: Batch = {
      states: made?.batch.states ?? banditStates(size),
      actions: tensor2d(actions, [size, BANDIT_WIDTHS.actionWidth]),
      rewards: tensor2d(rewards, [size, 1]),
    };
    this.#batches.set(size, { step, batch });
    return batch;
  }

  /**
   * The batch of the present step of `draws`, gathered on the device: the same points as those of `batch`. It belongs to
   * the caller.
   */
  drawBatch(draws: Draws, size: number): Batch {
    this.#resident ??= {
      points: keep(tensor2d(this.points, [this.rewards.length, BANDIT_WIDTHS.actionWidth])),
      rewards: keep(tensor2d(this.rewards, [this.rewards.length, 1])),
    };
    const rows = draws.integers(BATCHES, [size], this.rewards.length) as Tensor1D;
    const batch: Batch = {
      states: banditStates(size),
      actions: gather(this.#resident.points, rows),
      rewards: gather(this.#resident.rewards, rows),
    };
    rows.dispose();
    return batch;
  }

  dispose(): void {
    this.#resident?.points.dispose();
    this.#resident?.rewards.dispose();
    this.#resident = null;
    for (const { batch } of this.#batches.values()) {
      batch.states.dispose();
      batch.actions.dispose();
      batch.rewards.dispose();
    }
    this.#batches.clear();
  }
}

/** [count, 2] zeros. */
export function banditStates(count: number): Tensor2D {
  return zeros([count, BANDIT_WIDTHS.stateWidth]);
}

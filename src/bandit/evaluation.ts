/**
 * Evaluation of a policy: samples, metrics, Q over the square, the reverse process.
 *
 * All steps and methods use common random numbers: samples are drawn from the same named streams at a fixed step of a
 * separate seed. So a sample moves continuously as its policy learns, methods can be compared sample by sample, and
 * evaluation draws nothing from the streams of training.
 */
import { stack, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Algorithm } from '../algorithms/algorithm.ts';
import type { Draws } from '../tensor/draws.ts';
import { MmdCache } from '../math/mmd.ts';
import { banditMetrics, nearestShares } from '../math/bandit-metrics.ts';
import { RandomStream } from '../math/streams.ts';
import { StreamDraws } from '../tensor/stream-draws.ts';
import { banditStates, type BanditTask } from './task.ts';
import { FRAME_SAMPLES, Q_RESOLUTION, type BanditMetrics } from './engine/protocol.ts';

/** Separates the streams of evaluation from those of training. */
const EVALUATION_SEED = 0x5eed0ff5;
const RESAMPLES = 100;
/** Of the 500 samples of a frame: with all of them MMD² would take longer than sampling (13 ms to 5). */
const FRAME_MMD_SAMPLES = 300;

export interface BanditEvaluation {
  /** [n, 2] */
  samples: Float32Array;
  metrics: BanditMetrics;
  /** [Q_RESOLUTION, Q_RESOLUTION] at cell centres of [-1, 1]², rows from y = +1 down; null without a critic. */
  q: Float32Array | null;
}

interface ReverseProcess {
  /** Reverse steps taken, R. */
  reverseSteps: number;
  /** [R + 1, n, 2], from noise to action. */
  positions: Float32Array;
}

export class BanditEvaluator {
  readonly #task: BanditTask;
  readonly #count: number;
  readonly #mmdCount: number;
  readonly #draws: StreamDraws;
  readonly #bootstrap: RandomStream;
  readonly #memo = new MmdCache();
  readonly #reference: Float32Array;
  readonly #dataShares: number[];
  /** States of a chunk of samples. Chunks bound the memory of a policy with 50 candidates a state. */
  readonly #states: Tensor2D;
  readonly #grid: { states: Tensor2D; actions: Tensor2D };

  /** @param count samples of an evaluation, at least 4; `mmdCount` of them are used for MMD² and its interval. */
  constructor(task: BanditTask, count = FRAME_SAMPLES, mmdCount = FRAME_MMD_SAMPLES) {
    this.#task = task;
    this.#count = count;
    this.#mmdCount = mmdCount;
    const seed = (task.seed ^ EVALUATION_SEED) >>> 0;
    this.#draws = new StreamDraws(seed);
    this.#bootstrap = new RandomStream(seed, 'bootstrap');
    this.#reference = task.heldOut(count);
    this.#dataShares = nearestShares(task.points, task.data.modes);
    this.#states = banditStates(Math.min(count, FRAME_SAMPLES));
    this.#grid = { states: banditStates(Q_RESOLUTION ** 2), actions: tensor2d(qGrid(), [Q_RESOLUTION ** 2, 2]) };
  }

  /** The same numbers at every call. */
  draws(): Draws {
    return this.#draws.at(0);
  }

  /** Leaves the algorithm unchanged. The arrays belong to the caller. */
  async evaluate(algorithm: Algorithm): Promise<BanditEvaluation> {
    const samples = await this.sample(algorithm);
    const q = await this.#qGrid(algorithm);
    return { samples, metrics: this.metrics(samples), q };
  }

  /** Samples [n, 2], chunk by chunk, each with the draws of its own step. */
  async sample(algorithm: Algorithm): Promise<Float32Array> {
    const samples = new Float32Array(2 * this.#count);
    for (let done = 0, chunk = 0; done < this.#count; done += FRAME_SAMPLES, chunk++) {
      const part = await read(tidy(() => algorithm.sample(this.#states, this.#draws.at(chunk))));
      samples.set(part.subarray(0, 2 * (this.#count - done)), 2 * done);
    }
    return samples;
  }

  /** @param samples [n, 2], n = the evaluator's count. */
  metrics(samples: Float32Array): BanditMetrics {
    const random = {
      stream: this.#bootstrap,
      step: 0,
      resamples: RESAMPLES,
      points: this.#mmdCount,
      memo: this.#memo,
    };
    return banditMetrics(samples, this.#reference, this.#task.data.modes, this.#dataShares, random);
  }

  /** Q1 at one action; null without a critic. */
  async qAt(algorithm: Algorithm, x: number, y: number): Promise<number | null> {
    if (!algorithm.qValues) return null;
    const value = tidy(() => algorithm.qValues?.(banditStates(1), tensor2d([x, y], [1, 2])) as Tensor2D);
    return (await read(value))[0] as number;
  }

  /**
   * The reverse process of `count` samples.
   * @throws Error for a policy that has none.
   */
  async denoise(algorithm: Algorithm, count: number): Promise<ReverseProcess> {
    if (!algorithm.denoise) throw new Error('This policy is no diffusion: it has no reverse process.');
    const states = banditStates(count);
    const path = algorithm.denoise(states, this.draws());
    const packed = stack(path) as unknown as Tensor2D;
    for (const position of [states, ...path]) position.dispose();
    return { reverseSteps: path.length - 1, positions: await read(packed) };
  }

  dispose(): void {
    this.#states.dispose();
    this.#grid.states.dispose();
    this.#grid.actions.dispose();
  }

  async #qGrid(algorithm: Algorithm): Promise<Float32Array | null> {
    if (!algorithm.qValues) return null;
    return read(tidy(() => algorithm.qValues?.(this.#grid.states, this.#grid.actions) as Tensor2D));
  }
}

/** A copy of a tensor's values; the tensor is disposed. */
async function read(tensor: Tensor2D): Promise<Float32Array> {
  try {
    return ((await tensor.data()) as Float32Array).slice();
  } finally {
    tensor.dispose();
  }
}

/** [Q_RESOLUTION², 2] cell centres of [-1, 1]², rows from y = +1 down. */
function qGrid(): Float32Array {
  const actions = new Float32Array(2 * Q_RESOLUTION ** 2);
  const centre = (cell: number) => ((cell + 0.5) / Q_RESOLUTION) * 2 - 1;
  for (let row = 0, at = 0; row < Q_RESOLUTION; row++) {
    for (let column = 0; column < Q_RESOLUTION; column++, at++) {
      actions[2 * at] = centre(column);
      actions[2 * at + 1] = -centre(row);
    }
  }
  return actions;
}

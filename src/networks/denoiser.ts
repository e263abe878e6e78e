/**
 * The noise predictor ε_θ(a_i, i, s) of Wang et al., 2023, §3: sinusoidal embedding of the diffusion step through a
 * small MLP, then an MLP over [a_i, embedding, s] with three hidden layers of Mish.
 */
import {
  add,
  concat,
  gather,
  split,
  tensor2d,
  zeros,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { sinusoidalEmbeddings } from '../math/embeddings.ts';
import type { Initialiser } from './initialisation.ts';
import { fusedDenoising } from '../tensor/kernels/denoiser.ts';
import { type FusedDenoiser } from '../tensor/denoiser-operands.ts';
import { Network, type MlpPart } from './network.ts';

interface DenoiserWidths {
  stateWidth: number;
  actionWidth: number;
  hidden: number;
  /** Width of the sinusoidal embedding, even and at least 4. */
  timeWidth: number;
  /** T */
  diffusionSteps: number;
}

/** One row [1, W] as `rows` rows. Not `broadcastTo`: its gradient slices row by row. */
function repeated(row: Tensor2D, rows: number): Tensor2D {
  return add(zeros([rows, row.shape[1]]), row);
}

export class Denoiser extends Network {
  readonly #embeddings: Tensor2D;
  #shared: FusedDenoiser | null = null;
  readonly widths: DenoiserWidths;

  constructor(widths: DenoiserWidths, initial: Initialiser) {
    const { stateWidth, actionWidth, hidden, timeWidth, diffusionSteps } = widths;
    super(
      {
        time_mlp: {
          spec: { sizes: [timeWidth, 2 * timeWidth, timeWidth], activation: 'mish' },
          layerNames: ['time_mlp.1', 'time_mlp.3'],
        },
        trunk: {
          spec: {
            sizes: [actionWidth + timeWidth + stateWidth, hidden, hidden, hidden, actionWidth],
            activation: 'mish',
          },
          layerNames: ['mid_layer.0', 'mid_layer.2', 'mid_layer.4', 'final_layer'],
        },
      },
      initial,
    );
    this.widths = widths;
    this.#embeddings = tensor2d(sinusoidalEmbeddings(diffusionSteps, timeWidth), [diffusionSteps, timeWidth]);
  }

  /** Predicted noise [B, A] for noisy actions [B, A], each at its own step [B] (int32), in states [B, S]. */
  predict(noisy: Tensor2D, steps: Tensor1D, states: Tensor2D): Tensor2D {
    return this.#trunk(noisy, this.apply('time_mlp', gather(this.#embeddings, steps)), states);
  }

  /** Operands of the fused operations: the embedded diffusion steps [T, W], and the trunk. */
  fused(): FusedDenoiser {
    if (this.#shared) return this.#shared;
    const { spec } = this.parts['trunk'] as MlpPart;
    return { params: this.variables['trunk'] as Tensor, spec, table: this.apply('time_mlp', this.#embeddings) };
  }

  /** Runs `body` with one embedding of the diffusion steps, shared by all of its fused operations. */
  withSharedEmbedding<Result>(body: () => Result): Result {
    if (!fusedDenoising()) return body();
    this.#shared = this.fused();
    try {
      return body();
    } finally {
      this.#shared = null;
    }
  }

  /**
   * The predictor at several steps, each for a whole batch; all steps are embedded at once. Returns one function per step,
   * from noisy actions [N, A] and states [N, S] to predicted noise [N, A].
   */
  atSteps(steps: readonly number[]): ((noisy: Tensor2D, states: Tensor2D) => Tensor2D)[] {
    const { timeWidth, diffusionSteps } = this.widths;
    const table = sinusoidalEmbeddings(diffusionSteps, timeWidth);
    const rows = new Float32Array(steps.length * timeWidth);
    steps.forEach((step, row) => rows.set(table.subarray(step * timeWidth, (step + 1) * timeWidth), row * timeWidth));
    const embedded = this.apply('time_mlp', tensor2d(rows, [steps.length, timeWidth]));
    const each = steps.length === 1 ? [embedded] : split(embedded, steps.length, 0);
    return each.map(
      (embedding) => (noisy, states) => this.#trunk(noisy, repeated(embedding as Tensor2D, noisy.shape[0]), states),
    );
  }

  override dispose(): void {
    super.dispose();
    this.#embeddings.dispose();
  }

  #trunk(noisy: Tensor2D, embedding: Tensor2D, states: Tensor2D): Tensor2D {
    return this.apply('trunk', concat([noisy, embedding, states], 1));
  }
}

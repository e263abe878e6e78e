/** Operands of the denoiser's fused operations, common to all backends. */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { MlpSpec } from './mlp-layout.ts';
import type { ReverseStepCoefficients } from '../math/reverse-plan.ts';

/** The denoiser after its time MLP: ε_θ of [a, embedding, s]. */
export interface FusedDenoiser {
  params: Tensor;
  spec: MlpSpec;
  /** The embedded diffusion steps [T, W], whose MLP is computed once for all rows. */
  table: Tensor2D;
}

/** A batch to clone, and its noise. */
export interface CloningBatch {
  /** [B, A] */
  actions: Tensor2D;
  /** [B, S] */
  states: Tensor2D;
  /** The diffusion step of each row [B] (int32). */
  steps: Tensor1D;
  /** [B, A] */
  noise: Tensor2D;
  /** √ᾱ and √(1−ᾱ) of each diffusion step. */
  signal: ArrayLike<number>;
  noiseScale: ArrayLike<number>;
}

export interface PlannedReverseStep {
  /** The diffusion step that the denoiser is evaluated at. */
  at: number;
  coefficients: ReverseStepCoefficients;
}

/** The start of a chain: its noise, or the position where an earlier chain ended. */
export interface ChainStart {
  /** [N, A]; null to start from the noise. */
  start: Tensor2D | null;
  /** Reverse steps of the earlier chain. */
  first: number;
}

export interface ReverseChain extends ChainStart {
  /** [N, S] */
  states: Tensor2D;
  /**
   * [T+1, N, A]: the first matrix is the start of the chain (unless it continues another), and matrix `first` + k + 1
   * is the noise of step k.
   */
  noise: Tensor;
  plan: readonly PlannedReverseStep[];
}

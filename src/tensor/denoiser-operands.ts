/** Operands of the denoiser's fused operations, which every backend takes. */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { MlpSpec } from './mlp-layout.ts';
import type { ReverseStepCoefficients } from '../math/reverse-plan.ts';

/** The denoiser after its time MLP: ε_θ of [a, embedding, s]. */
export interface FusedDenoiser {
  params: Tensor;
  spec: MlpSpec;
  /** The embedded diffusion steps [T, W], so that their MLP is done once. */
  table: Tensor2D;
}

/** What is cloned, and how it is noised. */
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
  /** The diffusion step that the denoiser is asked at. */
  at: number;
  coefficients: ReverseStepCoefficients;
}

/** Where a chain starts: from its noise, or where an earlier one has left off, after its first steps. */
export interface ChainStart {
  /** [N, A] */
  start: Tensor2D | null;
  /** Reverse steps that the earlier chain has taken. */
  first: number;
}

export interface ReverseChain extends ChainStart {
  /** [N, S] */
  states: Tensor2D;
  /**
   * [T+1, N, A]: its first part is where the chain starts (unless an earlier chain has left off somewhere), and part
   * `first` + k + 1 is the noise of step k.
   */
  noise: Tensor;
  plan: readonly PlannedReverseStep[];
}

/** The denoiser's two expensive uses, each as one operation, where the running backend has them so. */
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { runningGpu } from '../engine.ts';
import { cloningLoss as cloningLossOnWasm } from '../wasm/cloning-loss.ts';
import { reverseChain as reverseChainOnWasm } from '../wasm/reverse-chain.ts';
import { runningSimd } from '../wasm/tensors.ts';
import { cloningLoss as cloningLossOnWebgpu } from '../webgpu/cloning-loss.ts';
import { reverseChain as reverseChainOnWebgpu } from '../webgpu/reverse-chain.ts';
import type { MlpSpec } from './mlp.ts';
import type { ReverseStepCoefficients } from '../../math/reverse-plan.ts';

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

export interface FusedDenoising {
  /** Whether chains of one step each come to the same bits as one chain, and cost little more. */
  stepByStep: boolean;
  /** L_d = mean (ε − ε_θ(a_i, i, s))². Differentiable in the parameters and the table. */
  cloningLoss(denoiser: FusedDenoiser, batch: CloningBatch): Scalar;
  /** Actions [N, A] by the reverse steps of the plan. Differentiable in the parameters and the table. */
  reverseChain(denoiser: FusedDenoiser, chain: ReverseChain): Tensor2D;
}

/** Null where the denoiser is used layer by layer. */
export function fusedDenoising(): FusedDenoising | null {
  const backend = runningGpu();
  if (backend) {
    return {
      // Each would have a shader of its own.
      stepByStep: false,
      cloningLoss: (...given) => cloningLossOnWebgpu(backend, ...given),
      reverseChain: (...given) => reverseChainOnWebgpu(backend, ...given),
    };
  }
  const simd = runningSimd();
  if (!simd) return null;
  return {
    stepByStep: true,
    cloningLoss: (...given) => cloningLossOnWasm(simd, ...given),
    reverseChain: (...given) => reverseChainOnWasm(simd, ...given),
  };
}

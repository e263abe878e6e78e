/** The denoiser's two expensive uses, each as one operation, where the running backend has them so. */
import { engine, type Scalar, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { cloningLoss, reverseChain } from '../wasm/denoiser.ts';
import { runningSimd } from '../wasm/tensors.ts';
import {
  fusedCloningLoss,
  fusedReverseChain,
  type ChainStart,
  type FusedDenoiser,
  type PlannedReverseStep,
} from './denoiser-webgpu.ts';

export type { ChainStart, FusedDenoiser, PlannedReverseStep } from './denoiser-webgpu.ts';

export interface FusedDenoising {
  /** Whether chains of one step each come to the same bits as one chain, and cost little more. */
  stepByStep: boolean;
  /**
   * L_d = mean (ε − ε_θ(a_i, i, s))². Differentiable in the parameters and the table.
   * @param signal and @param noiseScale √ᾱ and √(1−ᾱ) of each diffusion step
   */
  cloningLoss(
    denoiser: FusedDenoiser,
    actions: Tensor2D,
    states: Tensor2D,
    steps: Tensor1D,
    noise: Tensor2D,
    signal: ArrayLike<number>,
    noiseScale: ArrayLike<number>,
  ): Scalar;
  /**
   * Actions [N, A] by the reverse steps of `plan`, from the noise [T+1, N, A]: its first part is where the chain starts
   * (unless an earlier chain has left off somewhere), and part `first` + k + 1 is the noise of step k. Differentiable
   * in the parameters and the table.
   */
  reverseChain(
    denoiser: FusedDenoiser,
    states: Tensor2D,
    noise: Tensor,
    plan: readonly PlannedReverseStep[],
    from: ChainStart,
  ): Tensor2D;
}

const ON_WEBGPU: FusedDenoising = {
  // Each would have a shader of its own.
  stepByStep: false,
  cloningLoss: fusedCloningLoss,
  reverseChain: fusedReverseChain,
};

/** Null where the denoiser is used layer by layer. */
export function fusedDenoising(): FusedDenoising | null {
  if (engine().backendName === 'webgpu') return ON_WEBGPU;
  const simd = runningSimd();
  if (!simd) return null;
  return {
    stepByStep: true,
    cloningLoss: (...given) => cloningLoss(simd, ...given),
    reverseChain: (...given) => reverseChain(simd, ...given),
  };
}

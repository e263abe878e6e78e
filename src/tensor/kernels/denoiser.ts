/** The denoiser's two expensive uses as fused operations, on the backends that have them. */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { runningGpu } from '../engine.ts';
import { cloningLossWasm } from '../wasm/cloning-loss.ts';
import { reverseChainWasm } from '../wasm/reverse-chain.ts';
import { runningSimd } from '../wasm/tensors.ts';
import { cloningLossWebgpu } from '../webgpu/cloning-loss.ts';
import { reverseChainWebgpu } from '../webgpu/reverse-chain.ts';
import type { FusedDenoiser, CloningBatch, ReverseChain } from '../denoiser-operands.ts';

export interface FusedDenoising {
  /** Whether a sequence of one-step chains gives the same bits as one chain, at little extra cost. */
  stepByStep: boolean;
  /** L_d = mean (ε − ε_θ(a_i, i, s))². Differentiable in the parameters and the table. */
  cloningLoss(denoiser: FusedDenoiser, batch: CloningBatch): Scalar;
  /** Actions [N, A] by the reverse steps of the plan. Differentiable in the parameters and the table. */
  reverseChain(denoiser: FusedDenoiser, chain: ReverseChain): Tensor2D;
}

/** The fused operations of the running backend; null if it has none. */
export function fusedDenoising(): FusedDenoising | null {
  const backend = runningGpu();
  if (backend) {
    return {
      // Each step would compile a shader of its own.
      stepByStep: false,
      cloningLoss: (...given) => cloningLossWebgpu(backend, ...given),
      reverseChain: (...given) => reverseChainWebgpu(backend, ...given),
    };
  }
  const simd = runningSimd();
  if (!simd) return null;
  return {
    stepByStep: true,
    cloningLoss: (...given) => cloningLossWasm(simd, ...given),
    reverseChain: (...given) => reverseChainWasm(simd, ...given),
  };
}

/**
 * The diffusion process over actions (Ho et al., 2020; Wang et al., 2023, §3): noising and the cloning loss. samplers.ts has
 * the reverse process.
 */
import {
  add,
  clipByValue,
  gather,
  mean,
  mul,
  square,
  sub,
  tensor2d,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { betas, diffusionCoefficients, type DiffusionCoefficients, type Schedule } from '../math/schedules.ts';
import type { Denoiser } from '../networks/denoiser.ts';
import type { Draws } from '../tensor/draws.ts';
import { fusedDenoising } from '../tensor/kernels/denoiser.ts';

export class DiffusionProcess {
  readonly diffusionSteps: number;
  readonly coefficients: DiffusionCoefficients;
  readonly #signal: Tensor2D;
  readonly #noise: Tensor2D;
  readonly #reciprocal: Tensor2D;
  readonly #reciprocalNoise: Tensor2D;

  constructor(schedule: Schedule, diffusionSteps: number) {
    this.diffusionSteps = diffusionSteps;
    this.coefficients = diffusionCoefficients(betas(schedule, diffusionSteps));
    const column = (values: Float64Array) => tensor2d(Float32Array.from(values), [diffusionSteps, 1]);
    this.#signal = column(this.coefficients.sqrtAlphasCumprod);
    this.#noise = column(this.coefficients.sqrtOneMinusAlphasCumprod);
    this.#reciprocal = column(this.coefficients.sqrtRecipAlphasCumprod);
    this.#reciprocalNoise = column(this.coefficients.sqrtRecipm1AlphasCumprod);
  }

  /** a_i = √ᾱ_i a + √(1−ᾱ_i) ε for actions and noise [B, A], each row at its own step [B] (int32). */
  noised(actions: Tensor2D, steps: Tensor1D, noise: Tensor2D): Tensor2D {
    return add(mul(gather(this.#signal, steps), actions), mul(gather(this.#noise, steps), noise));
  }

  /** L_d = mean (ε − ε_θ(a_i, i, s))², i uniform over 0 … T−1 (eq. 1 of the paper). */
  cloningLoss(denoiser: Denoiser, actions: Tensor2D, states: Tensor2D, draws: Draws): Scalar {
    const steps = draws.integers('timesteps', [actions.shape[0]], this.diffusionSteps) as Tensor1D;
    const noise = draws.normal('cloning-noise', actions.shape) as Tensor2D;
    const denoising = fusedDenoising();
    if (denoising) {
      const { sqrtAlphasCumprod: signal, sqrtOneMinusAlphasCumprod: noiseScale } = this.coefficients;
      return denoising.cloningLoss(denoiser.fused(), { actions, states, steps, noise, signal, noiseScale });
    }
    const predicted = denoiser.predict(this.noised(actions, steps, noise), steps, states);
    return mean(square(sub(predicted, noise)));
  }

  /**
   * â_0 = clip(a_i/√ᾱ_i − √(1/ᾱ_i − 1) ε_θ(a_i, i, s), ±1) [B, A]: one-step predictions from the noised actions of the cloning
   * loss, with the same draws (Kang et al., 2023, §4.1).
   */
  predictedActions(denoiser: Denoiser, actions: Tensor2D, states: Tensor2D, draws: Draws): Tensor2D {
    const steps = draws.integers('timesteps', [actions.shape[0]], this.diffusionSteps) as Tensor1D;
    const noise = draws.normal('cloning-noise', actions.shape) as Tensor2D;
    const noisy = this.noised(actions, steps, noise);
    const predicted = denoiser.predict(noisy, steps, states);
    const clean: Tensor2D = sub(
      mul(gather(this.#reciprocal, steps), noisy),
      mul(gather(this.#reciprocalNoise, steps), predicted),
    );
    return clipByValue(clean, -1, 1);
  }

  dispose(): void {
    this.#reciprocal.dispose();
    this.#reciprocalNoise.dispose();
    this.#signal.dispose();
    this.#noise.dispose();
  }
}

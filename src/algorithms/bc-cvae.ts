// Behaviour cloning with a conditional VAE: the generative model of BCQ, https://arxiv.org/abs/1812.02900, trained alone.
import { keep, tanh, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { uniformInitialiser } from '../networks/initialisation.ts';
import { Adam, scheduledRate, type RateSchedule } from '../networks/optimiser.ts';
import { Vae } from '../networks/vae.ts';
import { namedVariables } from '../networks/variables.ts';
import type { Draws } from '../tensor/draws.ts';
import { applyLive, type Algorithm, type Batch, type StepMetrics, type Widths } from './algorithm.ts';

interface BcCvaeConfig extends RateSchedule {
  /** Width of the two hidden layers of encoder and decoder: 128. */
  hidden: number;
  /** 3e-4 */
  learningRate: number;
}

export class BcCvae implements Algorithm {
  readonly config: BcCvaeConfig;
  readonly networks: { vae: Vae };
  readonly variables: Algorithm['variables'];
  step = 0;
  readonly #optimiser: Adam;

  constructor(config: BcCvaeConfig, widths: Widths, seed: number) {
    this.config = { ...config };
    const vae = new Vae({ ...widths, ...config }, uniformInitialiser(seed, 'vae'));
    this.networks = { vae };
    this.#optimiser = new Adam(vae);
    this.variables = namedVariables({ vae, vae_optimiser: this.#optimiser });
  }

  trainStep({ states, actions }: Batch, draws: Draws): StepMetrics {
    const { config } = this;
    const metrics = tidy(() => {
      // Reconstruction and KL: the evidence lower bound with weights of its own.
      const { loss, gradientNorm } = this.#optimiser.minimise(
        () => this.networks.vae.loss(states, actions, draws),
        () => this.step + 1,
        () => scheduledRate(config.learningRate, config, this.step),
      );
      return { vaeLoss: keep(loss), vaeGradientNorm: keep(gradientNorm) };
    });
    this.step++;
    return metrics;
  }

  sample(states: Tensor2D, draws: Draws): Tensor2D {
    return tidy(() => tanh(this.networks.vae.sampleRaw(states, draws, 'action-noise')));
  }

  configure(settings: Record<string, unknown>): void {
    applyLive(this.config, ['learningRate'], settings);
  }

  dispose(): void {
    this.networks.vae.dispose();
    this.#optimiser.dispose();
  }
}

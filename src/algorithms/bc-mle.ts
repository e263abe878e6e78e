// Behaviour cloning by maximum likelihood: the Gaussian of https://arxiv.org/abs/2208.06193, §4.
import { keep, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { GaussianPolicy } from '../networks/gaussian-policy.ts';
import { uniformInitialiser } from '../networks/initialisation.ts';
import { Adam, scheduledRate, type RateSchedule } from '../networks/optimiser.ts';
import { namedVariables } from '../networks/variables.ts';
import type { Draws } from '../tensor/draws.ts';
import { applyLive, type Algorithm, type Batch, type StepMetrics, type Widths } from './algorithm.ts';

interface BcMleConfig extends RateSchedule {
  /** Width of the two hidden layers: 128. */
  hidden: number;
  /** 3e-4 */
  learningRate: number;
}

export class BcMle implements Algorithm {
  readonly config: BcMleConfig;
  readonly networks: { actor: GaussianPolicy };
  readonly variables: Algorithm['variables'];
  step = 0;
  readonly #optimiser: Adam;

  constructor(config: BcMleConfig, widths: Widths, seed: number) {
    this.config = { ...config };
    const actor = new GaussianPolicy({ ...widths, ...config }, uniformInitialiser(seed, 'gaussian'));
    this.networks = { actor };
    this.#optimiser = new Adam(actor);
    this.variables = namedVariables({ actor, actor_optimiser: this.#optimiser });
  }

  trainStep({ states, actions }: Batch, _draws: Draws): StepMetrics {
    const { config } = this;
    const metrics = tidy(() => {
      // Maximise log π(a|s).
      const { loss, gradientNorm } = this.#optimiser.minimise(
        () => this.networks.actor.negativeLogLikelihood(states, actions),
        () => this.step + 1,
        () => scheduledRate(config.learningRate, config, this.step),
      );
      return { bcLoss: keep(loss), actorGradientNorm: keep(gradientNorm) };
    });
    this.step++;
    return metrics;
  }

  sample(states: Tensor2D, draws: Draws): Tensor2D {
    const { actor } = this.networks;
    return tidy(() =>
      actor.sampleWith(states, draws.normal('action-noise', [states.shape[0], actor.actionWidth]) as Tensor2D),
    );
  }

  configure(settings: Record<string, unknown>): void {
    applyLive(this.config, ['learningRate'], settings);
  }

  dispose(): void {
    this.networks.actor.dispose();
    this.#optimiser.dispose();
  }
}

// Behaviour cloning by regression: the deterministic policy of TD3+BC (https://arxiv.org/abs/2106.06860) without its Q term.
import { keep, mean, square, sub, tidy, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';
import { DeterministicPolicy } from '../networks/deterministic-policy.ts';
import { uniformInitialiser } from '../networks/initialisation.ts';
import { Adam, scheduledRate, type RateSchedule } from '../networks/optimiser.ts';
import { namedVariables } from '../networks/variables.ts';
import { applyLive, type Algorithm, type Batch, type StepMetrics, type Widths } from './algorithm.ts';

interface BcConfig extends RateSchedule {
  /** Width of the two hidden layers: 256. */
  hidden: number;
  /** 3e-4 */
  learningRate: number;
}

export class Bc implements Algorithm {
  readonly config: BcConfig;
  readonly networks: { actor: DeterministicPolicy };
  readonly variables: Algorithm['variables'];
  step = 0;
  readonly #optimiser: Adam;

  constructor(config: BcConfig, widths: Widths, seed: number) {
    this.config = { ...config };
    const actor = new DeterministicPolicy({ ...widths, ...config }, uniformInitialiser(seed, 'deterministic'));
    this.networks = { actor };
    this.#optimiser = new Adam(actor);
    this.variables = namedVariables({ actor, actor_optimiser: this.#optimiser });
  }

  trainStep({ states, actions }: Batch): StepMetrics {
    const { config } = this;
    const metrics = tidy(() => {
      // (π(s) − a)²
      const { loss, gradientNorm } = this.#optimiser.minimise(
        () => mean<Scalar>(square(sub(this.networks.actor.act(states), actions))),
        () => this.step + 1,
        () => scheduledRate(config.learningRate, config, this.step),
      );
      return { bcLoss: keep(loss), actorGradientNorm: keep(gradientNorm) };
    });
    this.step++;
    return metrics;
  }

  sample(states: Tensor2D): Tensor2D {
    return tidy(() => this.networks.actor.act(states));
  }

  configure(settings: Record<string, unknown>): void {
    applyLive(this.config, ['learningRate'], settings);
  }

  dispose(): void {
    this.networks.actor.dispose();
    this.#optimiser.dispose();
  }
}

// TD3+BC as in the bandit's panel of https://arxiv.org/abs/2208.06193, §4: a Gaussian policy with a likelihood term.
// (TD3+BC as in its own paper is in td3-bc.ts.)
import { keep, tidy, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { CriticLearner } from '../networks/critic-learner.ts';
import { GaussianPolicy } from '../networks/gaussian-policy.ts';
import { uniformInitialiser } from '../networks/initialisation.ts';
import { Adam, criticRate, scheduledRate, type CriticRate, type RateSchedule } from '../networks/optimiser.ts';
import { qTerm } from '../networks/q-term.ts';
import type { CriticEnsemble } from '../networks/critic-ensemble.ts';
import { namedVariables } from '../networks/variables.ts';
import { addScaled } from '../tensor/kernels/add-scaled.ts';
import type { Draws } from '../tensor/draws.ts';
import { applyLive, type Algorithm, type Batch, type StepMetrics, type Widths } from './algorithm.ts';

interface Td3BcGaussianConfig extends RateSchedule, CriticRate {
  /** Width of the hidden layers: 128. */
  hidden: number;
  /** 3e-4 */
  learningRate: number;
  /** Weight of the Q term: 2.5. */
  eta: number;
  /** Published: true. */
  normalizeQ: boolean;
}

export class Td3BcGaussian implements Algorithm {
  readonly config: Td3BcGaussianConfig;
  readonly networks: { actor: GaussianPolicy; critic: CriticEnsemble };
  readonly variables: Algorithm['variables'];
  step = 0;
  readonly #actorOptimiser: Adam;
  readonly #critic: CriticLearner;

  constructor(config: Td3BcGaussianConfig, widths: Widths, seed: number) {
    this.config = { ...config };
    const actor = new GaussianPolicy({ ...widths, ...config }, uniformInitialiser(seed, 'gaussian'));
    this.#actorOptimiser = new Adam(actor);
    this.#critic = new CriticLearner({ ...widths, ...config }, uniformInitialiser(seed, 'critic'));
    this.networks = { actor, critic: this.#critic.critic };
    this.variables = namedVariables({
      ...this.networks,
      actor_optimiser: this.#actorOptimiser,
      critic_optimiser: this.#critic.optimiser,
    });
  }

  trainStep({ states, actions, rewards }: Batch, draws: Draws): StepMetrics {
    const { config } = this;
    const { actor, critic } = this.networks;
    const t = () => this.step + 1;
    const metrics = tidy(() => {
      // Critic: the reward itself.
      const critics = this.#critic.regress(states, actions, rewards, t, () => criticRate(config, this.step));

      // Policy: −log π(a|s) − λ·Q of a sample, λ = η / mean|Q|.
      const logged: Record<string, Tensor> = {};
      const { loss, gradientNorm } = this.#actorOptimiser.minimise(
        () => {
          const likelihood = actor.negativeLogLikelihood(states, actions);
          const noise = draws.normal('policy-noise', actions.shape) as Tensor2D;
          const q = qTerm(
            critic,
            states,
            actor.sampleWith(states, noise),
            () => draws.coin('q-choice'),
            config.normalizeQ,
          );
          logged['bcLoss'] = keep(likelihood);
          logged['qLoss'] = keep(q.loss);
          logged['meanQ'] = keep(q.meanQ);
          return addScaled(likelihood, () => config.eta, q.loss);
        },
        t,
        () => scheduledRate(config.learningRate, config, this.step),
      );
      return { ...logged, actorLoss: keep(loss), actorGradientNorm: keep(gradientNorm), ...critics };
    });
    this.step += 1;
    return metrics;
  }

  stepKind(): string {
    return `normalizeQ ${this.config.normalizeQ}`;
  }

  sample(states: Tensor2D, draws: Draws): Tensor2D {
    const { actor } = this.networks;
    return tidy(() =>
      actor.sampleWith(states, draws.normal('action-noise', [states.shape[0], actor.actionWidth]) as Tensor2D),
    );
  }

  qValues(states: Tensor2D, actions: Tensor2D): Tensor2D {
    return tidy(() => this.networks.critic.q1(states, actions));
  }

  configure(settings: Record<string, unknown>): void {
    applyLive(this.config, ['learningRate', 'criticLearningRate', 'eta', 'normalizeQ'], settings);
  }

  dispose(): void {
    this.networks.actor.dispose();
    this.#actorOptimiser.dispose();
    this.#critic.dispose();
  }
}

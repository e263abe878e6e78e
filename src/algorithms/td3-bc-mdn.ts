// TD3+BC with a mixture density network: the appendix of https://arxiv.org/abs/2208.06193. The deterministic actor is
// a Gaussian mixture, the L2 term the negative log-likelihood of the mixture.
import { exp, keep, reshape, tidy, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { repeatRows } from '../networks/candidates.ts';
import { CriticLearner } from '../networks/critic-learner.ts';
import { uniformInitialiser } from '../networks/initialisation.ts';
import { MixturePolicy } from '../networks/mixture-policy.ts';
import { Adam, criticRate, scheduledRate, type CriticRate, type RateSchedule } from '../networks/optimiser.ts';
import { qTerm } from '../networks/q-term.ts';
import type { CriticEnsemble } from '../networks/critic-ensemble.ts';
import { namedVariables } from '../networks/variables.ts';
import { addScaled } from '../tensor/kernels/add-scaled.ts';
import type { Draws } from '../tensor/draws.ts';
import { applyLive, type Algorithm, type Batch, type StepMetrics, type Widths } from './algorithm.ts';

interface Td3BcMdnConfig extends RateSchedule, CriticRate {
  /** Width of the hidden layers: 128. */
  hidden: number;
  /** 3e-4 */
  learningRate: number;
  /** Weight of the Q term: 2.5. */
  eta: number;
  /** Published: true. */
  normalizeQ: boolean;
  /** Gaussians in the mixture. */
  mixtureComponents: number;
}

export class Td3BcMdn implements Algorithm {
  readonly config: Td3BcMdnConfig;
  readonly networks: { actor: MixturePolicy; critic: CriticEnsemble };
  readonly variables: Algorithm['variables'];
  step = 0;
  readonly #actorOptimiser: Adam;
  readonly #critic: CriticLearner;

  constructor(config: Td3BcMdnConfig, widths: Widths, seed: number) {
    this.config = { ...config };
    const actor = new MixturePolicy({ ...widths, ...config }, uniformInitialiser(seed, 'mixture'));
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
    const [rows, width] = actions.shape;
    const t = () => this.step + 1;
    const metrics = tidy(() => {
      // Critic: the reward itself.
      const critics = this.#critic.regress(states, actions, rewards, t, () => criticRate(config, this.step));

      // Policy: likelihood of the data, and Q of every component's sample weighted by the component: the choice of a
      // component is summed over rather than drawn, so that the gradient reaches the weights as well.
      const components = config.mixtureComponents;
      const repeated = repeatRows(states, components);
      const logged: Record<string, Tensor> = {};
      const { loss, gradientNorm } = this.#actorOptimiser.minimise(
        () => {
          const mixture = actor.distribution(states);
          const likelihood = actor.negativeLogLikelihood(mixture, actions);
          const noise = draws.normal('policy-noise', [rows, width]) as Tensor2D;
          const samples = reshape(actor.componentSamples(mixture, noise), [rows * components, width]) as Tensor2D;
          const weights = reshape(exp(mixture.logWeights), [rows * components, 1]) as Tensor2D;
          const q = qTerm(critic, repeated, samples, () => draws.coin('q-choice'), config.normalizeQ, weights);
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
    return tidy(() => this.networks.actor.sample(states, draws));
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

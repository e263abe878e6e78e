// Off-Policy Deep Reinforcement Learning without Exploration (BCQ), https://arxiv.org/abs/1812.02900
// BCQ proper: decoded actions, perturbed, the best of several by Q. The published panel draws the VAE's samples alone.
import { keep, mean, neg, tanh, tidy, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';
import { chooseByQ, repeatRows } from '../networks/candidates.ts';
import { CriticLearner } from '../networks/critic-learner.ts';
import { uniformInitialiser } from '../networks/initialisation.ts';
import { Adam, criticRate, scheduledRate, type CriticRate, type RateSchedule } from '../networks/optimiser.ts';
import { Perturbation } from '../networks/perturbation.ts';
import type { CriticEnsemble } from '../networks/critic-ensemble.ts';
import { Vae } from '../networks/vae.ts';
import { namedVariables } from '../networks/variables.ts';
import type { Draws } from '../tensor/draws.ts';
import { stopGradient } from '../tensor/stop-gradient.ts';
import { applyLive, type Algorithm, type Batch, type StepMetrics, type Widths } from './algorithm.ts';

interface BcqConfig extends RateSchedule, CriticRate {
  /** Width of the hidden layers: 128 on the bandit. */
  hidden: number;
  /** Of VAE and perturbation: 3e-4. */
  learningRate: number;
  /** Φ: 0.05. */
  perturbation: number;
  /** Actions among which the best by Q is taken: 10. */
  bcqCandidates: number;
}

export class Bcq implements Algorithm {
  readonly config: BcqConfig;
  readonly networks: { vae: Vae; perturbation: Perturbation; critic: CriticEnsemble };
  readonly variables: Algorithm['variables'];
  step = 0;
  readonly #vaeOptimiser: Adam;
  readonly #perturbationOptimiser: Adam;
  readonly #critic: CriticLearner;

  constructor(config: BcqConfig, widths: Widths, seed: number) {
    this.config = { ...config };
    const sizes = { ...widths, ...config };
    const vae = new Vae(sizes, uniformInitialiser(seed, 'vae'));
    const perturbation = new Perturbation(sizes, config.perturbation, uniformInitialiser(seed, 'perturbation'));
    this.#vaeOptimiser = new Adam(vae);
    this.#perturbationOptimiser = new Adam(perturbation);
    this.#critic = new CriticLearner(sizes, uniformInitialiser(seed, 'critic'));
    this.networks = { vae, perturbation, critic: this.#critic.critic };
    this.variables = namedVariables({
      ...this.networks,
      vae_optimiser: this.#vaeOptimiser,
      perturbation_optimiser: this.#perturbationOptimiser,
      critic_optimiser: this.#critic.optimiser,
    });
  }

  trainStep({ states, actions, rewards }: Batch, draws: Draws): StepMetrics {
    const { config } = this;
    const { vae, perturbation, critic } = this.networks;
    const t = () => this.step + 1;
    const rate = () => scheduledRate(config.learningRate, config, this.step);
    const metrics = tidy(() => {
      // The VAE models the data.
      const model = this.#vaeOptimiser.minimise(() => vae.loss(states, actions, draws), t, rate);

      // Critic: the reward itself.
      const critics = this.#critic.regress(states, actions, rewards, t, () => criticRate(config, this.step));

      // Perturbation: moves decoded actions up Q1.
      const policy = this.#perturbationOptimiser.minimise(
        () => {
          const decoded = stopGradient(() => tanh(vae.sampleRaw(states, draws, 'policy-latents')));
          return neg(mean<Scalar>(critic.q1(states, perturbation.perturb(states, decoded))));
        },
        t,
        rate,
      );
      return { vaeLoss: keep(model.loss), qLoss: keep(policy.loss), meanQ: keep(neg(policy.loss)), ...critics };
    });
    this.step += 1;
    return metrics;
  }

  sample(states: Tensor2D, draws: Draws): Tensor2D {
    const { vae, perturbation, critic } = this.networks;
    const { bcqCandidates } = this.config;
    return tidy(() => {
      const repeated = bcqCandidates > 1 ? repeatRows(states, bcqCandidates) : states;
      const decoded: Tensor2D = tanh(vae.sampleRaw(repeated, draws, 'action-noise'));
      const candidates = perturbation.perturb(repeated, decoded);
      return chooseByQ(candidates, critic.q1(repeated, candidates), bcqCandidates, 'argmax', draws);
    });
  }

  qValues(states: Tensor2D, actions: Tensor2D): Tensor2D {
    return tidy(() => this.networks.critic.q1(states, actions));
  }

  configure(settings: Record<string, unknown>): void {
    applyLive(this.config, ['learningRate', 'criticLearningRate', 'bcqCandidates'], settings);
  }

  dispose(): void {
    this.networks.vae.dispose();
    this.networks.perturbation.dispose();
    this.#vaeOptimiser.dispose();
    this.#perturbationOptimiser.dispose();
    this.#critic.dispose();
  }
}

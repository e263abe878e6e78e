// Stabilizing Off-Policy Q-Learning via Bootstrapping Error Reduction (BEAR), https://arxiv.org/abs/1906.00949
import {
  add,
  clipByValue,
  exp,
  keep,
  mul,
  neg,
  reshape,
  sub,
  tensor1d,
  tidy,
  variable,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Variable,
} from '@tensorflow/tfjs-core';
import { RandomStream } from '../math/streams.ts';
import { CriticLearner } from '../networks/critic-learner.ts';
import { uniformInitialiser } from '../networks/initialisation.ts';
import { MmdActor } from '../networks/mmd-actor.ts';
import { Adam, criticRate, scheduledRate, type CriticRate, type RateSchedule } from '../networks/optimiser.ts';
import { qTerm } from '../networks/q-term.ts';
import type { CriticEnsemble } from '../networks/critic-ensemble.ts';
import { Vae } from '../networks/vae.ts';
import { namedVariables } from '../networks/variables.ts';
import type { Draws } from '../tensor/draws.ts';
import { lerpInPlace } from '../tensor/kernels/lerp.ts';
import { stopGradient } from '../tensor/stop-gradient.ts';
import { applyLive, type Algorithm, type Batch, type StepMetrics, type Widths } from './algorithm.ts';

interface BearMmdConfig extends RateSchedule, CriticRate {
  /** Width of the hidden layers: 128 on the bandit. */
  hidden: number;
  /** Of actor and VAE: 3e-4. */
  learningRate: number;
  /** σ of the Laplacian kernel: 20. */
  mmdSigma: number;
  /** Actions a state on either side: 10. */
  mmdSamples: number;
  /** The MMD allowed: 0.05 in the published code (10 in the text). */
  bearThreshold: number;
}

/** Weight of the Q term in the published code. */
const ETA = 1;
const MULTIPLIER_LEARNING_RATE = 1e-3;
const MIN_LOG_MULTIPLIER = -5;
const MAX_LOG_MULTIPLIER = 10;

export class BearMmd implements Algorithm {
  readonly config: BearMmdConfig;
  readonly networks: { actor: MmdActor; vae: Vae; critic: CriticEnsemble };
  readonly variables: Algorithm['variables'];
  step = 0;
  readonly #actorOptimiser: Adam;
  readonly #vaeOptimiser: Adam;
  readonly #critic: CriticLearner;
  /** l, of the Lagrange multiplier exp(l). [1] */
  readonly #logMultiplier: Variable;
  readonly #multiplierOptimiser: Adam;

  constructor(config: BearMmdConfig, widths: Widths, seed: number) {
    this.config = { ...config };
    const sizes = { ...widths, ...config };
    const actor = new MmdActor(sizes, uniformInitialiser(seed, 'gaussian'));
    const vae = new Vae(sizes, uniformInitialiser(seed, 'vae'));
    this.#actorOptimiser = new Adam(actor);
    this.#vaeOptimiser = new Adam(vae);
    this.#critic = new CriticLearner(sizes, uniformInitialiser(seed, 'critic'));
    this.networks = { actor, vae, critic: this.#critic.critic };
    const initial = new Float32Array(1);
    new RandomStream(seed, 'initial/lagrange').fillNormal(initial, 0);
    this.#logMultiplier = tidy(() => variable(tensor1d(initial), true));
    const multiplier = { variables: { log: this.#logMultiplier } };
    this.#multiplierOptimiser = new Adam(multiplier);
    this.variables = namedVariables({
      ...this.networks,
      multiplier,
      actor_optimiser: this.#actorOptimiser,
      vae_optimiser: this.#vaeOptimiser,
      critic_optimiser: this.#critic.optimiser,
      multiplier_optimiser: this.#multiplierOptimiser,
    });
  }

  trainStep({ states, actions, rewards }: Batch, draws: Draws): StepMetrics {
    const { config } = this;
    const { actor, vae, critic } = this.networks;
    const t = () => this.step + 1;
    const rate = () => scheduledRate(config.learningRate, config, this.step);
    const metrics = tidy(() => {
      // The VAE models the data.
      const model = this.#vaeOptimiser.minimise(() => vae.loss(states, actions, draws), t, rate);

      // Critic: the reward itself.
      const critics = this.#critic.regress(states, actions, rewards, t, () => criticRate(config, this.step));

      // Actor: maximise Q under the constraint MMD ≤ threshold.
      const multiplier = reshape(
        stopGradient(() => exp(this.#logMultiplier)),
        [],
      );
      const logged: Record<string, Tensor> = {};
      const policy = this.#actorOptimiser.minimise(
        () => {
          const distance = actor.distance(states, vae, draws, config.mmdSamples, config.mmdSigma);
          const noise = draws.normal('policy-noise', actions.shape) as Tensor2D;
          const q = qTerm(critic, states, actor.act(states, noise), () => draws.coin('q-choice'), true);
          logged['mmd'] = keep(distance);
          logged['qLoss'] = keep(q.loss);
          logged['meanQ'] = keep(q.meanQ);
          return add(mul(ETA, q.loss), mul(multiplier, sub(distance, config.bearThreshold))) as Scalar;
        },
        t,
        rate,
      );

      // Multiplier: grows while the constraint is violated.
      const excess = sub(logged['mmd'] as Scalar, config.bearThreshold);
      this.#multiplierOptimiser.minimise(
        () => reshape(neg(mul(exp(this.#logMultiplier), excess)), []) as Scalar,
        t,
        () => MULTIPLIER_LEARNING_RATE,
      );
      const bounded = clipByValue(this.#logMultiplier, MIN_LOG_MULTIPLIER, MAX_LOG_MULTIPLIER);
      lerpInPlace(this.#logMultiplier, bounded, () => 1);

      return {
        ...logged,
        vaeLoss: keep(model.loss),
        multiplier: keep(multiplier),
        actorLoss: keep(policy.loss),
        actorGradientNorm: keep(policy.gradientNorm),
        ...critics,
      };
    });
    this.step += 1;
    return metrics;
  }

  sample(states: Tensor2D, draws: Draws): Tensor2D {
    const { actor } = this.networks;
    return tidy(() =>
      actor.act(states, draws.normal('action-noise', [states.shape[0], actor.actionWidth]) as Tensor2D),
    );
  }

  qValues(states: Tensor2D, actions: Tensor2D): Tensor2D {
    return tidy(() => this.networks.critic.q1(states, actions));
  }

  configure(settings: Record<string, unknown>): void {
    applyLive(this.config, ['learningRate', 'criticLearningRate'], settings);
  }

  dispose(): void {
    this.networks.actor.dispose();
    this.networks.vae.dispose();
    this.#actorOptimiser.dispose();
    this.#vaeOptimiser.dispose();
    this.#critic.dispose();
    this.#logMultiplier.dispose();
    this.#multiplierOptimiser.dispose();
  }
}

// Offline Reinforcement Learning with Implicit Q-Learning (IQL), https://arxiv.org/abs/2110.06169
import {
  add,
  clipByValue,
  exp,
  keep,
  mean,
  minimum,
  mul,
  relu,
  reshape,
  square,
  sub,
  tidy,
  type Scalar,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { CriticLearner } from '../networks/critic-learner.ts';
import { GaussianPolicy } from '../networks/gaussian-policy.ts';
import { uniformInitialiser } from '../networks/initialisation.ts';
import type { Network } from '../networks/network.ts';
import { Adam, scheduledRate, type RateSchedule } from '../networks/optimiser.ts';
import { CriticEnsemble } from '../networks/critic-ensemble.ts';
import { ValueFunction } from '../networks/value-function.ts';
import { namedVariables } from '../networks/variables.ts';
import { bootstrapTargets } from '../tensor/kernels/bootstrap-targets.ts';
import { applyLive, type Algorithm, type Batch, type StepMetrics, type Widths } from './algorithm.ts';

interface IqlConfig extends RateSchedule {
  /** 256 */
  hidden: number;
  /** Of the policy; 3e-4, decayed to 0 over the run. */
  learningRate: number;
  /** Of critics and value; 3e-4, constant. */
  criticLearningRate: number;
  /** γ: 0.99 */
  discount: number;
  /** Polyak rate of the target critics: 0.005. */
  tau: number;
  /** 0.7 on the gym tasks. */
  expectile: number;
  /** β: 3 on the gym tasks. */
  temperature: number;
}

/** Largest weight of an action in the policy's loss. */
const MAX_WEIGHT = 100;
/** Smallest log standard deviation of the policy. */
const MIN_LOG_STD = -5;

/** With a Gaussian whose deviation depends on the state; the published one has a deviation for each action dimension. */
export class Iql implements Algorithm {
  readonly config: IqlConfig;
  readonly networks: Readonly<Record<string, Network>>;
  readonly variables: Algorithm['variables'];
  step = 0;
  readonly #actor: GaussianPolicy;
  readonly #value: ValueFunction;
  readonly #critic: CriticLearner;
  readonly #criticTarget: CriticEnsemble;
  readonly #actorOptimiser: Adam;
  readonly #valueOptimiser: Adam;

  constructor(config: IqlConfig, widths: Widths, seed: number) {
    this.config = { ...config };
    const sizes = { ...widths, ...config };
    this.#actor = new GaussianPolicy(sizes, uniformInitialiser(seed, 'gaussian'), MIN_LOG_STD);
    this.#value = new ValueFunction(sizes, uniformInitialiser(seed, 'value'));
    this.#critic = new CriticLearner(sizes, uniformInitialiser(seed, 'critic'));
    this.#criticTarget = new CriticEnsemble(sizes, uniformInitialiser(seed, 'critic'));
    this.#actorOptimiser = new Adam(this.#actor);
    this.#valueOptimiser = new Adam(this.#value);
    this.networks = {
      actor: this.#actor,
      value: this.#value,
      critic: this.#critic.critic,
      critic_target: this.#criticTarget,
    };
    this.variables = namedVariables({
      ...this.networks,
      actor_optimiser: this.#actorOptimiser,
      value_optimiser: this.#valueOptimiser,
      critic_optimiser: this.#critic.optimiser,
    });
  }

  trainStep({ states, actions, rewards, nextStates, notDone }: Batch): StepMetrics {
    if (!nextStates || !notDone) throw new Error('Bootstrapping needs next states and ends of episodes in the batch.');
    const { config } = this;
    const t = () => this.step + 1;
    const metrics = tidy(() => {
      // Value: an upper expectile of the target critics' minimum, over the data's actions.
      const q = minimum(...this.#criticTarget.both(states, actions));
      const value = this.#valueOptimiser.minimise(
        () => this.#expectileLoss(sub(q, this.#value.of(states))),
        t,
        () => config.criticLearningRate,
      );

      // Policy: the data's actions, weighted by their advantage.
      const advantage = sub(q, this.#value.of(states));
      const weights = reshape(clipByValue(exp(mul(advantage, config.temperature)), 0, MAX_WEIGHT), [-1]);
      const policy = this.#actorOptimiser.minimise(
        () => this.#actor.negativeLogLikelihood(states, actions, weights),
        t,
        () => scheduledRate(config.learningRate, config, this.step),
      );

      // Critic: no action but the data's is ever asked for.
      const next = this.#value.of(nextStates);
      const targets = bootstrapTargets(rewards, notDone, next, next, config.discount);
      const critic = this.#critic.regress(states, actions, targets, t, () => config.criticLearningRate);
      this.#criticTarget.moveTowards(this.#critic.critic, () => config.tau);

      return {
        bcLoss: keep(policy.loss),
        actorGradientNorm: keep(policy.gradientNorm),
        valueLoss: keep(value.loss),
        meanQ: keep(mean(q)),
        ...critic,
        targetQ: keep(mean(targets)),
      };
    });
    this.step++;
    return metrics;
  }

  /** The mean of the Gaussian, clipped to ±1, as IQL is evaluated. */
  sample(states: Tensor2D): Tensor2D {
    return tidy(() => clipByValue(this.#actor.distribution(states).mean, -1, 1));
  }

  qValues(states: Tensor2D, actions: Tensor2D): Tensor2D {
    return tidy(() => this.#critic.critic.q1(states, actions));
  }

  configure(settings: Record<string, unknown>): void {
    applyLive(this.config, ['learningRate', 'criticLearningRate'], settings);
  }

  dispose(): void {
    for (const network of Object.values(this.networks)) network.dispose();
    for (const optimiser of [this.#actorOptimiser, this.#valueOptimiser, this.#critic.optimiser]) optimiser.dispose();
  }

  /** mean |τ − 1(u < 0)| u² */
  #expectileLoss(u: Tensor2D): Scalar {
    const { expectile } = this.config;
    const above = mul(square(relu(u)), expectile);
    const below = mul(square(relu(mul(u, -1))), 1 - expectile);
    return mean<Scalar>(add(above, below));
  }
}

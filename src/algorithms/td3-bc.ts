// A Minimalist Approach to Offline Reinforcement Learning (TD3+BC), https://arxiv.org/abs/2106.06860
import { keep, mean, square, sub, tidy, type Scalar, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { CriticLearner } from '../networks/critic-learner.ts';
import { DeterministicPolicy } from '../networks/deterministic-policy.ts';
import { uniformInitialiser } from '../networks/initialisation.ts';
import { Adam, criticRate, scheduledRate, type CriticRate, type RateSchedule } from '../networks/optimiser.ts';
import { qTerm } from '../networks/q-term.ts';
import type { TwinCritic } from '../networks/twin-critic.ts';
import { namedVariables } from '../networks/variables.ts';
import { addScaled } from '../tensor/kernels/add-scaled.ts';
import { applyLive, type Algorithm, type Batch, type StepMetrics, type Widths } from './algorithm.ts';

export interface Td3BcConfig extends RateSchedule, CriticRate {
  /** Width of the hidden layers: 128 on the bandit. */
  hidden: number;
  /** 3e-4 */
  learningRate: number;
  /** α of the paper: 2.5. */
  eta: number;
  /** Published: true (λ = α / mean|Q|). */
  normalizeQ: boolean;
}

/** The policy is updated at every second step. */
const POLICY_DELAY = 2;

export class Td3Bc implements Algorithm {
  readonly config: Td3BcConfig;
  readonly networks: { actor: DeterministicPolicy; critic: TwinCritic };
  readonly variables: Algorithm['variables'];
  step = 0;
  readonly #actorOptimiser: Adam;
  readonly #critic: CriticLearner;

  constructor(config: Td3BcConfig, widths: Widths, seed: number) {
    this.config = { ...config };
    const actor = new DeterministicPolicy({ ...widths, ...config }, uniformInitialiser(seed, 'deterministic'));
    this.#actorOptimiser = new Adam(actor);
    this.#critic = new CriticLearner({ ...widths, ...config }, uniformInitialiser(seed, 'critic'));
    this.networks = { actor, critic: this.#critic.critic };
    this.variables = namedVariables({
      ...this.networks,
      actor_optimiser: this.#actorOptimiser,
      critic_optimiser: this.#critic.optimiser,
    });
  }

  trainStep({ states, actions, rewards }: Batch): StepMetrics {
    const { config } = this;
    const t = () => this.step + 1;
    const metrics = tidy(() => {
      // Critic: the reward itself (one step, nothing to bootstrap).
      const critics = this.#critic.regress(states, actions, rewards, t, () => criticRate(config, this.step));
      return this.#updatesPolicy(this.step) ? { ...this.#policyStep(states, actions), ...critics } : critics;
    });
    this.step += 1;
    return metrics;
  }

  stepKind(step: number): string {
    return this.#updatesPolicy(step) ? `critic and policy, normalizeQ ${this.config.normalizeQ}` : 'critic';
  }

  sample(states: Tensor2D): Tensor2D {
    return tidy(() => this.networks.actor.act(states));
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

  #updatesPolicy(step: number): boolean {
    return (step + 1) % POLICY_DELAY === 0;
  }

  /** (π(s) − a)² − λ·Q1(s, π(s)) (eq. 5). */
  #policyStep(states: Tensor2D, actions: Tensor2D): StepMetrics {
    const { config } = this;
    const { actor, critic } = this.networks;
    const kept: Record<string, Tensor> = {};
    const { loss, gradientNorm } = this.#actorOptimiser.minimise(
      () => {
        const taken = actor.act(states);
        const cloning: Scalar = mean(square(sub(taken, actions)));
        // A coin of 1 climbs Q1, as this method always does, in units of Q2 (the paper's panel scales by the other head).
        const q = qTerm(critic, states, taken, () => 1, config.normalizeQ);
        kept['bcLoss'] = keep(cloning);
        kept['qLoss'] = keep(q.loss);
        kept['meanQ'] = keep(q.meanQ);
        return addScaled(cloning, () => config.eta, q.loss);
      },
      // The policy's own steps are counted, every second of the critic's.
      () => (this.step + 1) / POLICY_DELAY,
      () => scheduledRate(config.learningRate, config, this.step),
    );
    return { ...kept, actorLoss: keep(loss), actorGradientNorm: keep(gradientNorm) };
  }
}

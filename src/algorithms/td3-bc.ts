// A Minimalist Approach to Offline Reinforcement Learning (TD3+BC), https://arxiv.org/abs/2106.06860
import {
  add,
  clipByValue,
  keep,
  mean,
  mul,
  square,
  sub,
  tidy,
  type Scalar,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { CriticLearner } from '../networks/critic-learner.ts';
import { DeterministicPolicy } from '../networks/deterministic-policy.ts';
import { uniformInitialiser } from '../networks/initialisation.ts';
import { Adam, criticRate, scheduledRate, type CriticRate, type RateSchedule } from '../networks/optimiser.ts';
import { qTerm } from '../networks/q-term.ts';
import type { Network } from '../networks/network.ts';
import { CriticEnsemble } from '../networks/critic-ensemble.ts';
import { namedVariables } from '../networks/variables.ts';
import type { Draws } from '../tensor/draws.ts';
import { addScaled } from '../tensor/kernels/add-scaled.ts';
import { bootstrapTargets } from '../tensor/kernels/bootstrap-targets.ts';
import { applyLive, type Algorithm, type Batch, type StepMetrics, type Widths } from './algorithm.ts';

interface Td3BcConfig extends RateSchedule, CriticRate {
  /** Width of the hidden layers: 128 on the bandit. */
  hidden: number;
  /** 3e-4 */
  learningRate: number;
  /** α of the paper: 2.5. */
  eta: number;
  /** Published: true (λ = α / mean|Q|). */
  normalizeQ: boolean;
  /**
   * How the critic bootstraps; null regresses the reward alone (the bandit). Discount γ 0.99, target rate τ 0.005; noise of
   * deviation 0.2, clipped to ±0.5, on the target policy's action; a step of the policy and of the targets for every
   * second one of the critic.
   */
  bootstrap: { discount: number; tau: number; policyNoise: number; noiseClip: number; policyDelay: number } | null;
}

/** On the bandit too, the policy is updated at every second step. */
const POLICY_DELAY = 2;

export class Td3Bc implements Algorithm {
  readonly config: Td3BcConfig;
  readonly networks: Readonly<Record<string, Network>>;
  readonly variables: Algorithm['variables'];
  step = 0;
  readonly #actor: DeterministicPolicy;
  readonly #actorTarget: DeterministicPolicy | null;
  readonly #criticTarget: CriticEnsemble | null;
  readonly #actorOptimiser: Adam;
  readonly #critic: CriticLearner;

  constructor(config: Td3BcConfig, widths: Widths, seed: number) {
    this.config = { ...config };
    const sizes = { ...widths, ...config };
    const actor = () => new DeterministicPolicy(sizes, uniformInitialiser(seed, 'deterministic'));
    this.#actor = actor();
    this.#actorTarget = config.bootstrap ? actor() : null;
    this.#actorOptimiser = new Adam(this.#actor);
    this.#critic = new CriticLearner(sizes, uniformInitialiser(seed, 'critic'));
    this.#criticTarget = config.bootstrap ? new CriticEnsemble(sizes, uniformInitialiser(seed, 'critic')) : null;
    this.networks = {
      actor: this.#actor,
      critic: this.#critic.critic,
      ...(this.#actorTarget && { actor_target: this.#actorTarget }),
      ...(this.#criticTarget && { critic_target: this.#criticTarget }),
    };
    this.variables = namedVariables({
      ...this.networks,
      actor_optimiser: this.#actorOptimiser,
      critic_optimiser: this.#critic.optimiser,
    });
  }

  trainStep(batch: Batch, draws: Draws): StepMetrics {
    const { config } = this;
    const { states, actions } = batch;
    const t = () => this.step + 1;
    const metrics = tidy(() => {
      // Critic: the reward itself on the bandit (one step, nothing to bootstrap), else r + γ min Q' at a smoothed action.
      const targets = this.#targets(batch, draws);
      const critics = {
        ...this.#critic.regress(states, actions, targets, t, () => criticRate(config, this.step)),
        ...(config.bootstrap && { targetQ: keep(mean(targets)) }),
      };
      if (!this.#updatesPolicy(this.step)) return critics;
      const policy = this.#policyStep(states, actions);
      // Slow copies, with the policy.
      const rate = () => config.bootstrap?.tau ?? 0;
      this.#criticTarget?.moveTowards(this.#critic.critic, rate);
      this.#actorTarget?.moveTowards(this.#actor, rate);
      return { ...policy, ...critics };
    });
    this.step += 1;
    return metrics;
  }

  stepKind(step: number): string {
    return this.#updatesPolicy(step) ? `critic and policy, normalizeQ ${this.config.normalizeQ}` : 'critic';
  }

  sample(states: Tensor2D): Tensor2D {
    return tidy(() => this.#actor.act(states));
  }

  qValues(states: Tensor2D, actions: Tensor2D): Tensor2D {
    return tidy(() => this.#critic.critic.q1(states, actions));
  }

  configure(settings: Record<string, unknown>): void {
    applyLive(this.config, ['learningRate', 'criticLearningRate', 'eta', 'normalizeQ'], settings);
  }

  dispose(): void {
    for (const network of Object.values(this.networks)) network.dispose();
    this.#actorOptimiser.dispose();
    this.#critic.optimiser.dispose();
  }

  get #delay(): number {
    return this.config.bootstrap?.policyDelay ?? POLICY_DELAY;
  }

  #updatesPolicy(step: number): boolean {
    return (step + 1) % this.#delay === 0;
  }

  /** y = r + γ (1 − done) min(Q1', Q2')(s', clip(π'(s') + ε)), or the reward alone. [B, 1] */
  #targets({ rewards, nextStates, notDone }: Batch, draws: Draws): Tensor2D {
    const { bootstrap } = this.config;
    if (!bootstrap || !this.#criticTarget || !this.#actorTarget) return rewards;
    if (!nextStates || !notDone) throw new Error('Bootstrapping needs next states and ends of episodes in the batch.');
    const { policyNoise, noiseClip, discount } = bootstrap;
    const action = this.#actorTarget.act(nextStates);
    const noise = mul(draws.normal('policy-noise', action.shape), policyNoise);
    const smoothed: Tensor2D = clipByValue(add<Tensor2D>(action, clipByValue(noise, -noiseClip, noiseClip)), -1, 1);
    const [q1, q2] = this.#criticTarget.both(nextStates, smoothed);
    return bootstrapTargets(rewards, notDone, q1, q2, discount);
  }

  /** (π(s) − a)² − λ·Q1(s, π(s)) (eq. 5). */
  #policyStep(states: Tensor2D, actions: Tensor2D): StepMetrics {
    const { config } = this;
    const { critic } = this.#critic;
    const logged: Record<string, Tensor> = {};
    const { loss, gradientNorm } = this.#actorOptimiser.minimise(
      () => {
        const taken = this.#actor.act(states);
        const cloning: Scalar = mean(square(sub(taken, actions)));
        // A coin of 1 climbs Q1, as this method always does, in units of Q2 (the paper's panel scales by the other head).
        const q = qTerm(critic, states, taken, () => 1, config.normalizeQ);
        logged['bcLoss'] = keep(cloning);
        logged['qLoss'] = keep(q.loss);
        logged['meanQ'] = keep(q.meanQ);
        return addScaled(cloning, () => config.eta, q.loss);
      },
      // The policy's own steps are counted, every second of the critic's.
      () => (this.step + 1) / this.#delay,
      () => scheduledRate(config.learningRate, config, this.step),
    );
    return { ...logged, actorLoss: keep(loss), actorGradientNorm: keep(gradientNorm) };
  }
}

// Diffusion Policies as an Expressive Policy Class for Offline Reinforcement Learning, https://arxiv.org/abs/2208.06193
import { keep, max, mean, reshape, tidy, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { DiffusionProcess } from '../diffusion/process.ts';
import { sampleActions } from '../diffusion/samplers.ts';
import type { Schedule } from '../math/schedules.ts';
import type { CandidateChoice } from '../math/candidate-choice.ts';
import { chooseByQ, repeatRows } from '../networks/candidates.ts';
import { CriticEnsemble } from '../networks/critic-ensemble.ts';
import { CriticLearner } from '../networks/critic-learner.ts';
import { Denoiser } from '../networks/denoiser.ts';
import { uniformInitialiser } from '../networks/initialisation.ts';
import type { Network } from '../networks/network.ts';
import { Adam, criticRate, emaRate, scheduledRate, type CriticRate, type RateSchedule } from '../networks/optimiser.ts';
import { pessimisticTerm, qTerm, type QTerm } from '../networks/q-term.ts';
import { namedVariables } from '../networks/variables.ts';
import { addScaled } from '../tensor/kernels/add-scaled.ts';
import { bootstrapTargets } from '../tensor/kernels/bootstrap-targets.ts';
import type { Pessimism } from '../math/pessimism.ts';
import { pessimisticQ } from '../tensor/kernels/pessimistic-q.ts';
import type { Draws } from '../tensor/draws.ts';
import { applyLive, type Algorithm, type Batch, type StepMetrics, type Widths } from './algorithm.ts';

export interface DiffusionQLConfig extends RateSchedule, CriticRate {
  /** Width of hidden layers; 256 on D4RL, 128 on the bandit. */
  hidden: number;
  /** T; 5 on D4RL, 50 on the bandit. */
  diffusionSteps: number;
  /** Published: vp. */
  schedule: Schedule;
  /** Width of the time embedding; 16 on D4RL, 4 on the bandit. */
  timeWidth: number;
  /** Of the policy; 3e-4, by task. */
  learningRate: number;
  /** Weight η of the Q term; by task, 2.5 on the bandit. */
  eta: number;
  /** Published: true. */
  normalizeQ: boolean;
  /** Last reverse steps that the Q gradient passes through; 0, as published, is all. */
  gradientSteps: number;
  /** Maximises Q at the action that one denoising step predicts (EDP), not at the chain's; not as published. */
  actionApproximation?: boolean;
  /** Critics in the ensemble; 2, as published. */
  critics?: number;
  /** A layer normalisation before each activation of the critics (Ball et al., 2023); none, as published. */
  criticNorm?: 'none' | 'layer';
  /**
   * How the critics are combined: their minimum (as published), or a lower confidence bound, their mean less β standard
   * deviations (Ghasemipour et al., 2022).
   */
  pessimism?: Pessimism['kind'];
  /** β of the lower confidence bound. */
  lcbBeta?: number;
  /** Largest global gradient norm, by task; 0 is no clipping. */
  gradientClip: number;
  /** 0.995 */
  emaDecay: number;
  /** The moving average keeps its initial weights until this step: 1,000. */
  emaStart: number;
  /** Steps between two updates of the moving average: 5. */
  emaEvery: number;
  /** The sampler of actions; training always uses the ancestral chain, as published. */
  sampler: 'ancestral' | 'ddim';
  ddimSteps: number;
  /** Which weights act; the published code acts with the raw policy. */
  sampleWith: 'raw' | 'ema';
  /** Actions among which one is chosen by Q; 50 on D4RL, 1 on the bandit. */
  candidates: number;
  /** Published: softmax. */
  candidateChoice: CandidateChoice;
  /**
   * How the critic bootstraps; null regresses the reward alone (the bandit). Discount γ 0.99, target rate τ 0.005;
   * max-Q backup draws 10 next actions and takes the best for each target critic (AntMaze).
   */
  bootstrap: { discount: number; tau: number; maxQBackup: boolean } | null;
}

const LIVE = [
  'learningRate',
  'criticLearningRate',
  'eta',
  'normalizeQ',
  'gradientSteps',
  'sampler',
  'ddimSteps',
  'sampleWith',
  'candidates',
  'candidateChoice',
] as const;

const MAX_Q_ACTIONS = 10;

export class DiffusionQL implements Algorithm {
  readonly config: DiffusionQLConfig;
  readonly networks: Readonly<Record<string, Network>>;
  readonly variables: Algorithm['variables'];
  step = 0;
  readonly #process: DiffusionProcess;
  readonly #actor: Denoiser;
  readonly #actorEma: Denoiser;
  readonly #actorOptimiser: Adam;
  readonly #critic: CriticLearner;
  readonly #criticTarget: CriticEnsemble | null;

  constructor(config: DiffusionQLConfig, widths: Widths, seed: number) {
    this.config = { ...config };
    const sizes = { ...widths, ...config };
    this.#process = new DiffusionProcess(config.schedule, config.diffusionSteps);
    this.#actor = new Denoiser(sizes, uniformInitialiser(seed, 'denoiser'));
    this.#actorEma = new Denoiser(sizes, uniformInitialiser(seed, 'denoiser'));
    this.#actorOptimiser = new Adam(this.#actor);
    const shape = { critics: config.critics ?? 2, norm: config.criticNorm ?? 'none' } as const;
    this.#critic = new CriticLearner(sizes, uniformInitialiser(seed, 'critic'), shape);
    this.#criticTarget = config.bootstrap ? new CriticEnsemble(sizes, uniformInitialiser(seed, 'critic'), shape) : null;
    const target = this.#criticTarget ? { critic_target: this.#criticTarget } : {};
    this.networks = { actor: this.#actor, actor_ema: this.#actorEma, critic: this.#critic.critic, ...target };
    this.variables = namedVariables({
      ...this.networks,
      actor_optimiser: this.#actorOptimiser,
      critic_optimiser: this.#critic.optimiser,
    });
  }

  trainStep(batch: Batch, draws: Draws): StepMetrics {
    const { config } = this;
    const t = () => this.step + 1;
    const metrics = tidy(() => {
      // Critic: regress the target, computed with the target critics and the moving-average policy.
      const targets = this.#targets(batch, draws);
      const critic = this.#critic.regress(
        batch.states,
        batch.actions,
        targets,
        t,
        () => criticRate(config, this.step),
        config.gradientClip,
      );

      // Policy: the denoising loss, and the updated critic's Q through the reverse chain.
      const logged: Record<string, Tensor> = {};
      const { loss, gradientNorm } = this.#actorOptimiser.minimise(
        () =>
          this.#actor.withSharedEmbedding(() => {
            const cloning = this.#process.cloningLoss(this.#actor, batch.actions, batch.states, draws);
            logged['bcLoss'] = keep(cloning);
            const actions = config.actionApproximation
              ? this.#process.predictedActions(this.#actor, batch.actions, batch.states, draws)
              : this.#draw(this.#actor, batch.states, draws, 'new-action-noise', config.gradientSteps);
            const q = this.#qTerm(batch.states, actions, draws);
            logged['qLoss'] = keep(q.loss);
            logged['meanQ'] = keep(q.meanQ);
            return addScaled(cloning, () => config.eta, q.loss);
          }),
        t,
        () => scheduledRate(config.learningRate, config, this.step),
        config.gradientClip,
      );

      // Slow copies: the moving average of the policy, the target critics.
      this.#actorEma.moveTowards(this.#actor, () => emaRate(config, this.step));
      this.#criticTarget?.moveTowards(this.#critic.critic, () => config.bootstrap?.tau ?? 0);

      return {
        ...logged,
        actorLoss: keep(loss),
        actorGradientNorm: keep(gradientNorm),
        ...critic,
        targetQ: keep(mean(targets)),
      };
    });
    this.step += 1;
    return metrics;
  }

  stepKind(): string {
    return `normalizeQ ${this.config.normalizeQ}, gradientSteps ${this.config.gradientSteps}`;
  }

  sample(states: Tensor2D, draws: Draws): Tensor2D {
    const { candidates, candidateChoice } = this.config;
    return tidy(() => {
      if (candidates === 1) return this.#act(states, draws);
      const repeated = repeatRows(states, candidates);
      const actions = this.#act(repeated, draws);
      const critic = this.#criticTarget ?? this.#critic.critic;
      const q = critic.pessimistic(repeated, actions, this.#pessimism);
      return chooseByQ(actions, q, candidates, candidateChoice, draws);
    });
  }

  qValues(states: Tensor2D, actions: Tensor2D): Tensor2D {
    return tidy(() => this.#critic.critic.q1(states, actions));
  }

  denoise(states: Tensor2D, draws: Draws): Tensor2D[] {
    const positions: Tensor2D[] = [];
    tidy(() => {
      this.#act(states, draws, (position) => positions.push(keep(position)));
    });
    return positions;
  }

  configure(settings: Record<string, unknown>): void {
    applyLive(this.config, LIVE, settings);
  }

  dispose(): void {
    this.#process.dispose();
    this.#actorOptimiser.dispose();
    this.#critic.optimiser.dispose();
    for (const network of Object.values(this.networks)) network.dispose();
  }

  get #pessimism(): Pessimism {
    const { pessimism = 'min', lcbBeta = 1 } = this.config;
    return pessimism === 'lcb' ? { kind: 'lcb', beta: lcbBeta } : { kind: 'min' };
  }

  /** Whether the critics are the published two. */
  get #isTwin(): boolean {
    return this.#critic.critic.heads.length === 2 && this.#pessimism.kind === 'min';
  }

  get #acting(): Denoiser {
    return this.config.sampleWith === 'ema' ? this.#actorEma : this.#actor;
  }

  #act(states: Tensor2D, draws: Draws, onPosition?: (position: Tensor2D) => void): Tensor2D {
    const { sampler, ddimSteps } = this.config;
    const options = { sampler, ddimSteps, ...(onPosition ? { onPosition } : {}) };
    return sampleActions(this.#process, this.#acting, states, draws, 'action-noise', options);
  }

  #draw(denoiser: Denoiser, states: Tensor2D, draws: Draws, noise: string, gradientSteps = 0): Tensor2D {
    return sampleActions(this.#process, denoiser, states, draws, noise, { sampler: 'ancestral', gradientSteps });
  }

  /** y = r + γ (1 − done) min(Q1', Q2')(s', a') (of an ensemble, its estimate), or the reward alone. [B, 1] */
  #targets(batch: Batch, draws: Draws): Tensor2D {
    const { bootstrap } = this.config;
    const { rewards, nextStates, notDone } = batch;
    if (!bootstrap || !this.#criticTarget) return rewards;
    if (!nextStates || !notDone) throw new Error('Bootstrapping needs next states and ends of episodes in the batch.');
    const rows = rewards.shape[0];
    const repeats = bootstrap.maxQBackup ? MAX_Q_ACTIONS : 1;
    const states = repeats > 1 ? repeatRows(nextStates, repeats) : nextStates;
    const actions = this.#draw(this.#actorEma, states, draws, 'next-action-noise');
    const best = (q: Tensor2D): Tensor2D => (repeats > 1 ? max(reshape(q, [rows, repeats]), 1, true) : q);
    const all = this.#criticTarget.all(states, actions).map(best);
    const [q1, q2] = this.#isTwin ? (all as [Tensor2D, Tensor2D]) : this.#estimateTwice(all);
    return bootstrapTargets(rewards, notDone, q1, q2, bootstrap.discount);
  }

  #estimateTwice(critics: readonly Tensor2D[]): [Tensor2D, Tensor2D] {
    const q = pessimisticQ(critics, this.#pessimism);
    return [q, q];
  }

  /** The published term takes one of two critics by a coin; that of an ensemble takes the combined estimate. */
  #qTerm(states: Tensor2D, actions: Tensor2D, draws: Draws): QTerm {
    const { critic } = this.#critic;
    const { normalizeQ } = this.config;
    if (this.#isTwin) return qTerm(critic, states, actions, () => draws.coin('q-choice'), normalizeQ);
    return pessimisticTerm(critic, states, actions, this.#pessimism, normalizeQ);
  }
}

// Behaviour cloning with a diffusion policy: Diffusion-QL without its Q term, https://arxiv.org/abs/2208.06193, §3.
import { keep, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { DiffusionProcess } from '../diffusion/process.ts';
import { sampleActions } from '../diffusion/samplers.ts';
import type { Schedule } from '../math/schedules.ts';
import { Denoiser } from '../networks/denoiser.ts';
import { uniformInitialiser } from '../networks/initialisation.ts';
import { Adam, emaRate, scheduledRate, type RateSchedule } from '../networks/optimiser.ts';
import { namedVariables } from '../networks/variables.ts';
import type { Draws } from '../tensor/draws.ts';
import { applyLive, type Algorithm, type Batch, type StepMetrics, type Widths } from './algorithm.ts';

interface BcDiffusionConfig extends RateSchedule {
  /** Width of the three hidden layers: 128 on the bandit. */
  hidden: number;
  /** T: 50 on the bandit. */
  diffusionSteps: number;
  /** Published: vp. */
  schedule: Schedule;
  /** Width of the time embedding: 4 on the bandit. */
  timeWidth: number;
  /** 3e-4 */
  learningRate: number;
  /** Largest global gradient norm; 0 is no clipping. */
  gradientClip: number;
  /** 0.995 */
  emaDecay: number;
  /** The moving average keeps its initial weights until this step: 1,000. */
  emaStart: number;
  /** Steps between two updates of the moving average: 5. */
  emaEvery: number;
  /** Published: ancestral. */
  sampler: 'ancestral' | 'ddim';
  ddimSteps: number;
  /** Which weights act. */
  sampleWith: 'raw' | 'ema';
}

export class BcDiffusion implements Algorithm {
  readonly config: BcDiffusionConfig;
  readonly networks: { actor: Denoiser; actor_ema: Denoiser };
  readonly variables: Algorithm['variables'];
  step = 0;
  readonly #process: DiffusionProcess;
  readonly #optimiser: Adam;

  constructor(config: BcDiffusionConfig, widths: Widths, seed: number) {
    this.config = { ...config };
    const sizes = { ...widths, ...config };
    this.#process = new DiffusionProcess(config.schedule, config.diffusionSteps);
    const actor = new Denoiser(sizes, uniformInitialiser(seed, 'denoiser'));
    this.networks = { actor, actor_ema: new Denoiser(sizes, uniformInitialiser(seed, 'denoiser')) };
    this.#optimiser = new Adam(actor);
    this.variables = namedVariables({ ...this.networks, actor_optimiser: this.#optimiser });
  }

  trainStep({ states, actions }: Batch, draws: Draws): StepMetrics {
    const { config } = this;
    const { actor, actor_ema: average } = this.networks;
    const metrics = tidy(() => {
      // Predict the noise that was added.
      const { loss, gradientNorm } = this.#optimiser.minimise(
        () => this.#process.cloningLoss(actor, actions, states, draws),
        () => this.step + 1,
        () => scheduledRate(config.learningRate, config, this.step),
        config.gradientClip,
      );
      average.moveTowards(actor, () => emaRate(config, this.step));
      return { bcLoss: keep(loss), actorGradientNorm: keep(gradientNorm) };
    });
    this.step++;
    return metrics;
  }

  sample(states: Tensor2D, draws: Draws): Tensor2D {
    return tidy(() => this.#act(states, draws));
  }

  denoise(states: Tensor2D, draws: Draws): Tensor2D[] {
    const positions: Tensor2D[] = [];
    tidy(() => {
      this.#act(states, draws, (position) => positions.push(keep(position)));
    });
    return positions;
  }

  configure(settings: Record<string, unknown>): void {
    applyLive(this.config, ['learningRate', 'sampler', 'ddimSteps', 'sampleWith'], settings);
  }

  dispose(): void {
    this.#process.dispose();
    this.#optimiser.dispose();
    this.networks.actor.dispose();
    this.networks.actor_ema.dispose();
  }

  #act(states: Tensor2D, draws: Draws, onPosition?: (position: Tensor2D) => void): Tensor2D {
    const { sampler, ddimSteps, sampleWith } = this.config;
    const denoiser = sampleWith === 'ema' ? this.networks.actor_ema : this.networks.actor;
    const options = { sampler, ddimSteps, ...(onPosition ? { onPosition } : {}) };
    return sampleActions(this.#process, denoiser, states, draws, 'action-noise', options);
  }
}

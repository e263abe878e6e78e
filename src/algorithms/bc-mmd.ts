// Behaviour cloning by MMD: the support constraint of BEAR, https://arxiv.org/abs/1906.00949, as the whole loss.
import { keep, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { uniformInitialiser } from '../networks/initialisation.ts';
import { MmdActor } from '../networks/mmd-actor.ts';
import { Adam, scheduledRate, type RateSchedule } from '../networks/optimiser.ts';
import { Vae } from '../networks/vae.ts';
import { namedVariables } from '../networks/variables.ts';
import type { Draws } from '../tensor/draws.ts';
import { applyLive, type Algorithm, type Batch, type StepMetrics, type Widths } from './algorithm.ts';

interface BcMmdConfig extends RateSchedule {
  /** Width of the two hidden layers of every network: 128. */
  hidden: number;
  /** Of actor and VAE: 3e-4. */
  learningRate: number;
  /** σ of the Laplacian kernel: 20. */
  mmdSigma: number;
  /** Actions a state on either side: 10. */
  mmdSamples: number;
}

export class BcMmd implements Algorithm {
  readonly config: BcMmdConfig;
  readonly networks: { actor: MmdActor; vae: Vae };
  readonly variables: Algorithm['variables'];
  step = 0;
  readonly #actorOptimiser: Adam;
  readonly #vaeOptimiser: Adam;

  constructor(config: BcMmdConfig, widths: Widths, seed: number) {
    this.config = { ...config };
    const actor = new MmdActor({ ...widths, ...config }, uniformInitialiser(seed, 'gaussian'));
    const vae = new Vae({ ...widths, ...config }, uniformInitialiser(seed, 'vae'));
    this.networks = { actor, vae };
    this.#actorOptimiser = new Adam(actor);
    this.#vaeOptimiser = new Adam(vae);
    this.variables = namedVariables({
      actor,
      vae,
      actor_optimiser: this.#actorOptimiser,
      vae_optimiser: this.#vaeOptimiser,
    });
  }

  trainStep({ states, actions }: Batch, draws: Draws): StepMetrics {
    const { actor, vae } = this.networks;
    const { mmdSamples, mmdSigma } = this.config;
    const t = () => this.step + 1;
    const rate = () => scheduledRate(this.config.learningRate, this.config, this.step);
    const metrics = tidy(() => {
      // The VAE models the data.
      const model = this.#vaeOptimiser.minimise(() => vae.loss(states, actions, draws), t, rate);
      // The actor's raw samples match the VAE's.
      const policy = this.#actorOptimiser.minimise(
        () => actor.distance(states, vae, draws, mmdSamples, mmdSigma),
        t,
        rate,
      );
      return { mmd: keep(policy.loss), vaeLoss: keep(model.loss), actorGradientNorm: keep(policy.gradientNorm) };
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

  configure(settings: Record<string, unknown>): void {
    applyLive(this.config, ['learningRate'], settings);
  }

  dispose(): void {
    this.networks.actor.dispose();
    this.networks.vae.dispose();
    this.#actorOptimiser.dispose();
    this.#vaeOptimiser.dispose();
  }
}

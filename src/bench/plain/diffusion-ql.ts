/**
 * Diffusion-QL and BC-Diffusion in tfjs' own operations with tfjs' Adam: the cost of a step without the kernels of
 * src/tensor. A test checks that its losses equal those of src/algorithms.
 */
import {
  abs,
  add,
  cast,
  clipByValue,
  div,
  fill,
  gather,
  keep,
  max,
  mean,
  minimum,
  mul,
  neg,
  reshape,
  sqrt,
  square,
  sub,
  sum,
  tensor2d,
  tidy,
  tile,
  train,
  unstack,
  variableGrads,
  type AdamOptimizer,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { Batch, StepMetrics } from '../../algorithms/algorithm.ts';
import type { DiffusionQLConfig } from '../../algorithms/diffusion-ql.ts';
import { betas, diffusionCoefficients, type DiffusionCoefficients } from '../../math/schedules.ts';
import type { Draws } from '../../tensor/draws.ts';
import { stopGradient } from '../../tensor/stop-gradient.ts';
import { moveTowards, PlainDenoiser, PlainTwinCritic, type Weights } from './networks.ts';

const MAX_Q_ACTIONS = 10;
/** PyTorch's clip_grad_norm_ divides by norm + 1e-6. */
const CLIP_EPSILON = 1e-6;

function adam(learningRate: number): AdamOptimizer {
  return train.adam(learningRate, 0.9, 0.999, 1e-8);
}

/** Repeats each row of [N, W] `times` times, copies adjacent. */
function repeatRows(rows: Tensor2D, times: number): Tensor2D {
  const [n, width] = rows.shape;
  return reshape(tile(reshape(rows, [n, 1, width]), [1, times, 1]), [n * times, width]);
}

/** One step of `optimiser` on the gradient of `loss`, clipped by its global norm. */
function minimise(
  optimiser: AdamOptimizer,
  variables: Variable[],
  clip: number,
  loss: () => Scalar,
): { loss: Scalar; gradientNorm: Tensor } {
  const { value, grads } = variableGrads(loss, variables);
  // Added pairwise: `addN` would bind more buffers than a WebGPU stage allows, and tfjs does not split it.
  const gradientNorm = sqrt(
    Object.values(grads)
      .map((gradient) => sum(square(gradient)))
      .reduce((total, squares) => add(total, squares)),
  );
  const scale = clip > 0 ? minimum(div(clip, add(gradientNorm, CLIP_EPSILON)), 1) : null;
  const clipped = Object.entries(grads).map(([name, tensor]) => ({
    name,
    tensor: scale ? mul(tensor, scale) : tensor,
  }));
  optimiser.applyGradients(clipped);
  return { loss: value, gradientNorm };
}

/** The diffusion policy with its optimiser and moving average. */
class Policy {
  readonly actor: PlainDenoiser;
  readonly #config: DiffusionQLConfig;
  readonly #average: PlainDenoiser;
  readonly #optimiser: AdamOptimizer;
  readonly #coefficients: DiffusionCoefficients;
  readonly #signal: Tensor2D;
  readonly #noise: Tensor2D;

  constructor(config: DiffusionQLConfig, weights: Weights) {
    const { diffusionSteps, schedule, timeWidth, learningRate } = config;
    this.#config = config;
    this.actor = new PlainDenoiser(weights, timeWidth);
    this.#average = new PlainDenoiser(weights, timeWidth);
    this.#optimiser = adam(learningRate);
    this.#coefficients = diffusionCoefficients(betas(schedule, diffusionSteps));
    const column = (values: Float64Array) => tensor2d(Float32Array.from(values), [diffusionSteps, 1]);
    this.#signal = column(this.#coefficients.sqrtAlphasCumprod);
    this.#noise = column(this.#coefficients.sqrtOneMinusAlphasCumprod);
  }

  /** L_d = mean (ε − ε_θ(a_i, i, s))² */
  cloningLoss({ states, actions }: Batch, draws: Draws): Scalar {
    const [rows] = actions.shape;
    const steps = draws.integers('timesteps', [rows], this.#config.diffusionSteps) as Tensor1D;
    const noise = draws.normal('cloning-noise', actions.shape) as Tensor2D;
    const noisy: Tensor2D = add(mul(gather(this.#signal, steps), actions), mul(gather(this.#noise, steps), noise));
    const predicted = this.actor.predict(noisy, cast(reshape(steps, [rows, 1]), 'float32'), states);
    return mean(square(sub(predicted, noise)));
  }

  /** Draws actions [N, A] by the whole reverse chain. */
  draw(which: 'actor' | 'average', states: Tensor2D, actionWidth: number, draws: Draws, noiseName: string): Tensor2D {
    const { diffusionSteps: T } = this.#config;
    const c = this.#coefficients;
    const denoiser = which === 'actor' ? this.actor : this.#average;
    const [rows] = states.shape;
    const noises = unstack(draws.normal(noiseName, [T + 1, rows, actionWidth])) as Tensor2D[];
    let x = noises[0] as Tensor2D;
    for (let i = T - 1; i >= 0; i--) {
      const predicted = denoiser.predict(x, fill([rows, 1], i), states);
      const clean = clipByValue(
        sub(mul(x, c.sqrtRecipAlphasCumprod[i] as number), mul(predicted, c.sqrtRecipm1AlphasCumprod[i] as number)),
        -1,
        1,
      );
      x = add(mul(clean, c.posteriorMeanCoef1[i] as number), mul(x, c.posteriorMeanCoef2[i] as number));
      if (i === 0) break;
      x = add(x, mul(noises[T - i] as Tensor2D, Math.exp(0.5 * (c.posteriorLogVarianceClipped[i] as number))));
    }
    return clipByValue(x, -1, 1);
  }

  minimise(loss: () => Scalar): { loss: Scalar; gradientNorm: Tensor } {
    return minimise(this.#optimiser, this.actor.variables, this.#config.gradientClip, loss);
  }

  /** Updates the moving average after step `step` (from 0). */
  followActor(step: number): void {
    const { emaEvery, emaStart, emaDecay } = this.#config;
    if (step % emaEvery !== 0 || step < emaStart) return;
    moveTowards(this.#average.variables, this.actor.variables, 1 - emaDecay);
  }

  dispose(): void {
    this.actor.dispose();
    this.#average.dispose();
    this.#optimiser.dispose();
    this.#signal.dispose();
    this.#noise.dispose();
  }
}

export class PlainBcDiffusion {
  #step = 0;
  readonly #policy: Policy;

  constructor(config: DiffusionQLConfig, actor: Weights) {
    this.#policy = new Policy(config, actor);
  }

  trainStep(batch: Batch, draws: Draws): StepMetrics {
    const metrics = tidy(() => {
      const { loss, gradientNorm } = this.#policy.minimise(() => this.#policy.cloningLoss(batch, draws));
      this.#policy.followActor(this.#step);
      return { bcLoss: keep(loss), actorGradientNorm: keep(gradientNorm) };
    });
    this.#step++;
    return metrics;
  }

  dispose(): void {
    this.#policy.dispose();
  }
}

export class PlainDiffusionQL {
  #step = 0;
  readonly #config: DiffusionQLConfig;
  readonly #policy: Policy;
  readonly #critic: PlainTwinCritic;
  readonly #criticTarget: PlainTwinCritic;
  readonly #criticOptimiser: AdamOptimizer;

  constructor(config: DiffusionQLConfig, weights: { actor: Weights; critic: Weights }) {
    this.#config = config;
    this.#policy = new Policy(config, weights.actor);
    this.#critic = new PlainTwinCritic(weights.critic);
    this.#criticTarget = new PlainTwinCritic(weights.critic);
    this.#criticOptimiser = adam(config.criticLearningRate);
  }

  trainStep(batch: Batch, draws: Draws): StepMetrics {
    const { eta, bootstrap, gradientClip, normalizeQ } = this.#config;
    const { states, actions } = batch;
    const stepMetrics = tidy(() => {
      const targets = this.#targets(batch, draws);
      const critic = minimise(this.#criticOptimiser, this.#critic.variables, gradientClip, () => {
        const loss1 = mean(square(sub(this.#critic.q(0, states, actions), targets)));
        const loss2 = mean(square(sub(this.#critic.q(1, states, actions), targets)));
        return add(loss1, loss2);
      });

      const metrics: Record<string, Tensor> = {};
      const policy = this.#policy.minimise(() => {
        const cloning = this.#policy.cloningLoss(batch, draws);
        const drawn = this.#policy.draw('actor', states, actions.shape[1], draws, 'new-action-noise');
        const [climbed, scaling] = draws.coin('q-choice') > 0.5 ? ([0, 1] as const) : ([1, 0] as const);
        const meanQ = mean(this.#critic.q(climbed, states, drawn));
        const scale = normalizeQ ? stopGradient(() => mean(abs(this.#critic.q(scaling, states, drawn)))) : 1;
        const qLoss = neg(div(meanQ, scale));
        metrics['bcLoss'] = keep(cloning);
        metrics['qLoss'] = keep(qLoss);
        metrics['meanQ'] = keep(meanQ);
        return add(cloning, mul(eta, qLoss));
      });

      this.#policy.followActor(this.#step);
      if (bootstrap) moveTowards(this.#criticTarget.variables, this.#critic.variables, bootstrap.tau);
      return {
        ...metrics,
        actorLoss: keep(policy.loss),
        actorGradientNorm: keep(policy.gradientNorm),
        criticLoss: keep(critic.loss),
        criticGradientNorm: keep(critic.gradientNorm),
        targetQ: keep(mean(targets)),
      };
    });
    this.#step++;
    return stepMetrics;
  }

  dispose(): void {
    this.#policy.dispose();
    this.#critic.dispose();
    this.#criticTarget.dispose();
    this.#criticOptimiser.dispose();
  }

  /** y = r + γ (1 − done) min(Q1', Q2')(s', a') [B, 1]; without bootstrapping y = r. */
  #targets({ rewards, nextStates, notDone, actions }: Batch, draws: Draws): Tensor2D {
    const { bootstrap } = this.#config;
    if (!bootstrap || !nextStates || !notDone) return rewards;
    const [rows, width] = actions.shape;
    const repeats = bootstrap.maxQBackup ? MAX_Q_ACTIONS : 1;
    const states = repeats > 1 ? repeatRows(nextStates, repeats) : nextStates;
    const next = this.#policy.draw('average', states, width, draws, 'next-action-noise');
    const best = (q: Tensor2D) => (repeats > 1 ? max(reshape(q, [rows, repeats]), 1, true) : q) as Tensor2D;
    const q1 = best(this.#criticTarget.q(0, states, next));
    const q2 = best(this.#criticTarget.q(1, states, next));
    return add(rewards, mul(mul(notDone, bootstrap.discount), minimum(q1, q2)));
  }
}

/** Drawing actions by the reverse process: ancestral (Ho et al., 2020) or DDIM (Song et al., 2021). */
import { unstack, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Denoiser } from '../networks/denoiser.ts';
import type { Draws } from '../tensor/draws.ts';
import { fusedDenoising, type ChainStart, type PlannedReverseStep } from '../tensor/kernels/denoiser.ts';
import { reverseStep } from '../tensor/kernels/reverse-step.ts';
import { stopGradient } from '../tensor/stop-gradient.ts';
import type { DiffusionProcess } from './process.ts';

export interface SamplerConfig {
  sampler: 'ancestral' | 'ddim';
  /** Reverse steps that DDIM takes, at most T (the default). */
  ddimSteps?: number;
}

/** Actions are in [−1, 1]. */
const BOUND = 1;

type Process = Pick<DiffusionProcess, 'coefficients' | 'diffusionSteps'>;

/** Reverse steps from i = T−1 to 0: x̂0 clipped, mean and variance of the posterior, no noise at i = 0. */
function ancestralPlan({ coefficients: c, diffusionSteps }: Process): PlannedReverseStep[] {
  return Array.from({ length: diffusionSteps }, (_, k) => {
    const i = diffusionSteps - 1 - k;
    return {
      at: i,
      coefficients: {
        a: c.sqrtRecipAlphasCumprod[i] as number,
        b: c.sqrtRecipm1AlphasCumprod[i] as number,
        c0: c.posteriorMeanCoef1[i] as number,
        cx: c.posteriorMeanCoef2[i] as number,
        ce: 0,
        sigma: i === 0 ? 0 : Math.exp(0.5 * (c.posteriorLogVarianceClipped[i] as number)),
        bound: BOUND,
        clipResult: i === 0,
      },
    };
  });
}

/** `count` steps spread evenly over T, from T−1 on, without noise: x' = √ᾱ' x̂0 + √(1−ᾱ') ε. */
function ddimPlan({ coefficients: c, diffusionSteps }: Process, count: number): PlannedReverseStep[] {
  const steps = Math.max(1, Math.min(count, diffusionSteps));
  const at = Array.from({ length: steps }, (_, k) => Math.round(((steps - k) * diffusionSteps) / steps) - 1);
  return at.map((i, k) => {
    const next = at[k + 1];
    const signal = next === undefined ? 1 : (c.alphasCumprod[next] as number);
    return {
      at: i,
      coefficients: {
        a: c.sqrtRecipAlphasCumprod[i] as number,
        b: c.sqrtRecipm1AlphasCumprod[i] as number,
        c0: Math.sqrt(signal),
        cx: 0,
        ce: Math.sqrt(1 - signal),
        sigma: 0,
        bound: BOUND,
        clipResult: next === undefined,
      },
    };
  });
}

/** The reverse steps that an action takes: what a sampler outside of tensors needs to know. */
export function reversePlan(
  process: Process,
  { sampler, ddimSteps = process.diffusionSteps }: SamplerConfig,
): PlannedReverseStep[] {
  return sampler === 'ddim' ? ddimPlan(process, ddimSteps) : ancestralPlan(process);
}

export interface ReverseOptions extends SamplerConfig {
  /** Reverse steps that a gradient passes through, counted from the last; 0 is all. */
  gradientSteps?: number;
  /** Is given each position [N, A], from the starting noise to the action. */
  onPosition?: (position: Tensor2D) => void;
}

/**
 * Draws actions [N, A] for states [N, S]. Differentiable in the denoiser's parameters.
 * @param noiseName the draw [T+1, N, A]: the starting noise, then each reverse step's (the last is not used)
 */
export function sampleActions(
  process: DiffusionProcess,
  denoiser: Denoiser,
  states: Tensor2D,
  draws: Draws,
  noiseName: string,
  { sampler, ddimSteps = process.diffusionSteps, gradientSteps = 0, onPosition }: ReverseOptions,
): Tensor2D {
  const plan = reversePlan(process, { sampler, ddimSteps });
  const [rows] = states.shape;
  const shape = [process.diffusionSteps + 1, rows, denoiser.widths.actionWidth];
  const drawn = draws.normal(noiseName, shape);
  const withGradient = gradientSteps > 0 ? Math.min(gradientSteps, plan.length) : plan.length;
  const constant = plan.length - withGradient;
  const denoising = fusedDenoising();
  if (denoising && (!onPosition || denoising.stepByStep)) {
    const fused = (steps: PlannedReverseStep[], from: ChainStart) =>
      denoising.reverseChain(denoiser.fused(), { states, noise: drawn, plan: steps, ...from });
    if (onPosition) {
      let [x] = unstack(drawn) as [Tensor2D];
      onPosition(x);
      denoiser.embeddedOnce(() => {
        plan.forEach((step, k) => {
          x = fused([step], { start: x, first: k });
          onPosition(x);
        });
      });
      return x;
    }
    if (constant === 0) return fused(plan, { start: null, first: 0 });
    const entered = stopGradient(() => fused(plan.slice(0, constant), { start: null, first: 0 }));
    return fused(plan.slice(constant), { start: entered, first: constant });
  }
  const [start, ...noises] = unstack(drawn) as Tensor2D[];
  const run = (from: Tensor2D, steps: PlannedReverseStep[], offset: number): Tensor2D => {
    const predictors = denoiser.atSteps(steps.map((step) => step.at));
    let x = from;
    steps.forEach(({ coefficients }, k) => {
      const predicted = (predictors[k] as (typeof predictors)[number])(x, states);
      x = reverseStep(x, predicted, noises[offset + k] as Tensor2D, coefficients);
      onPosition?.(x);
    });
    return x;
  };
  onPosition?.(start as Tensor2D);
  const entered =
    constant > 0 ? stopGradient(() => run(start as Tensor2D, plan.slice(0, constant), 0)) : (start as Tensor2D);
  return run(entered, plan.slice(constant), constant);
}

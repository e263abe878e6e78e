/** The reverse steps of a diffusion as numbers: ancestral (Ho et al., 2020) or DDIM (Song et al., 2021). */
import type { DiffusionCoefficients } from './schedules.ts';

export interface SamplerConfig {
  sampler: 'ancestral' | 'ddim';
  /** Reverse steps that DDIM takes, at most T (the default). */
  ddimSteps?: number;
}

/**
 * One reverse step: x̂0 = clip(a·x − b·ε, ±bound), x' = c0·x̂0 + cx·x + ce·ε + σ·noise (ancestral: Ho et al., 2020, eq. 7
 * with x̂0 clipped; DDIM: Song et al., 2021, eq. 12).
 */
export interface ReverseStepCoefficients {
  a: number;
  b: number;
  /** Weights of x̂0, x, ε and the noise in the result. */
  c0: number;
  cx: number;
  ce: number;
  sigma: number;
  /** Largest absolute action. */
  bound: number;
  /** Clip the result too: the last step. */
  clipResult: boolean;
}

export interface PlannedStep {
  /** The diffusion step at which the denoiser is evaluated. */
  at: number;
  coefficients: ReverseStepCoefficients;
}

/** Actions are in [−1, 1]. */
const BOUND = 1;

/** A diffusion process of T = `diffusionSteps` steps. */
interface Process {
  readonly coefficients: DiffusionCoefficients;
  readonly diffusionSteps: number;
}

/** Reverse steps from i = T−1 to 0: x̂0 clipped, mean and variance of the posterior, no noise at i = 0. */
function ancestralPlan({ coefficients: c, diffusionSteps }: Process): PlannedStep[] {
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
function ddimPlan({ coefficients: c, diffusionSteps }: Process, count: number): PlannedStep[] {
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

/** The reverse steps of one action. */
export function reversePlan(
  process: Process,
  { sampler, ddimSteps = process.diffusionSteps }: SamplerConfig,
): PlannedStep[] {
  return sampler === 'ddim' ? ddimPlan(process, ddimSteps) : ancestralPlan(process);
}

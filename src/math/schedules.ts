/**
 * Noise schedules and the coefficients of the diffusion process (Wang et al., 2023, §2–3; Ho et al., 2020), as the
 * published code computes them.
 */

export type Schedule = 'vp' | 'linear' | 'cosine';

const VP_MIN = 0.1;
const VP_MAX = 10;
const LINEAR_FIRST = 1e-4;
const LINEAR_LAST = 2e-2;
const COSINE_OFFSET = 0.008;
const COSINE_LARGEST = 0.999;

/**
 * β_1 … β_T, in float64, at indices 0 … T−1.
 *
 * @param steps T.
 * @throws RangeError if T is not a whole number above 0.
 */
export function betas(schedule: Schedule, steps: number): Float64Array {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`A schedule needs a whole number of diffusion steps from 1 on, not ${steps}.`);
  }
  switch (schedule) {
    case 'vp':
      return Float64Array.from({ length: steps }, (_, index) => vpBeta(index + 1, steps));
    case 'linear': {
      const step = steps > 1 ? (LINEAR_LAST - LINEAR_FIRST) / (steps - 1) : 0;
      const values = Float64Array.from({ length: steps }, (_, index) => LINEAR_FIRST + index * step);
      if (steps > 1) values[steps - 1] = LINEAR_LAST;
      return values;
    }
    case 'cosine':
      return cosineBetas(steps);
  }
}

/** β_t = 1 − exp(−β_min/T − ½ (β_max − β_min) (2t − 1)/T²), t from 1 to T. */
function vpBeta(t: number, steps: number): number {
  return 1 - Math.exp(-VP_MIN / steps - (0.5 * (VP_MAX - VP_MIN) * (2 * t - 1)) / steps ** 2);
}

/**
 * β_t = 1 − ᾱ_t/ᾱ_{t−1}, clipped to [0, 0.999]. Like the published code, it spreads T+1 points evenly over
 * 0 … T+1, where Nichol and Dhariwal (2021) have 0 … T, and divides by T+1.
 */
function cosineBetas(steps: number): Float64Array {
  const points = steps + 1;
  const alphasCumprod = Float64Array.from({ length: points }, (_, index) => {
    const x = index === steps ? points : index * (points / steps);
    return Math.cos((((x / points + COSINE_OFFSET) / (1 + COSINE_OFFSET)) * Math.PI) / 2) ** 2;
  });
  const first = alphasCumprod[0]!;
  const normalized = alphasCumprod.map((value) => value / first);
  return Float64Array.from({ length: steps }, (_, index) => {
    const beta = 1 - normalized[index + 1]! / normalized[index]!;
    return Math.min(COSINE_LARGEST, Math.max(0, beta));
  });
}

/** Everything that the forward process and the reverse step read, each [T], index i for diffusion step i. */
export interface DiffusionCoefficients {
  readonly betas: Float64Array;
  /** ᾱ_i = ∏ (1 − β). */
  readonly alphasCumprod: Float64Array;
  readonly sqrtAlphasCumprod: Float64Array;
  readonly sqrtOneMinusAlphasCumprod: Float64Array;
  /** √(1/ᾱ_i): scales a_i when the clean action is predicted. */
  readonly sqrtRecipAlphasCumprod: Float64Array;
  /** √(1/ᾱ_i − 1): scales the predicted noise. */
  readonly sqrtRecipm1AlphasCumprod: Float64Array;
  /** β_i (1 − ᾱ_{i−1})/(1 − ᾱ_i), with ᾱ_{−1} = 1. */
  readonly posteriorVariance: Float64Array;
  /** ln max(variance, 1e-20). */
  readonly posteriorLogVarianceClipped: Float64Array;
  /** β_i √ᾱ_{i−1}/(1 − ᾱ_i): scales the clean action. */
  readonly posteriorMeanCoef1: Float64Array;
  /** (1 − ᾱ_{i−1}) √α_i/(1 − ᾱ_i): scales a_i. */
  readonly posteriorMeanCoef2: Float64Array;
}

/**
 * The coefficients of a schedule.
 *
 * `float32`, the default, rounds after every operation, as the published code's tensors do (the running product alone
 * is kept in float64, as PyTorch does on the CPU). It matters: 1 − ᾱ_0 of the linear schedule is 1e-4, and float32
 * holds it to 6e-4 of itself, far from the 1e-5 to which runs are compared. `float64` rounds nowhere.
 *
 * @param schedule [T], each in (0, 1); see `betas`.
 */
export function diffusionCoefficients(
  schedule: ArrayLike<number>,
  precision: 'float32' | 'float64' = 'float32',
): DiffusionCoefficients {
  const r = precision === 'float32' ? Math.fround : (value: number) => value;
  const steps = schedule.length;
  const array = () => new Float64Array(steps);
  const result = {
    betas: array(),
    alphasCumprod: array(),
    sqrtAlphasCumprod: array(),
    sqrtOneMinusAlphasCumprod: array(),
    sqrtRecipAlphasCumprod: array(),
    sqrtRecipm1AlphasCumprod: array(),
    posteriorVariance: array(),
    posteriorLogVarianceClipped: array(),
    posteriorMeanCoef1: array(),
    posteriorMeanCoef2: array(),
  };
  let product = 1;
  let previous = 1;
  for (let i = 0; i < steps; i++) {
    const beta = r(schedule[i]!);
    const alpha = r(1 - beta);
    product *= alpha;
    const cumulative = r(product);
    const rest = r(1 - cumulative);
    const previousRest = r(1 - previous);
    const reciprocal = r(1 / cumulative);
    const variance = r(r(beta * previousRest) / rest);
    result.betas[i] = beta;
    result.alphasCumprod[i] = cumulative;
    result.sqrtAlphasCumprod[i] = r(Math.sqrt(cumulative));
    result.sqrtOneMinusAlphasCumprod[i] = r(Math.sqrt(rest));
    result.sqrtRecipAlphasCumprod[i] = r(Math.sqrt(reciprocal));
    result.sqrtRecipm1AlphasCumprod[i] = r(Math.sqrt(r(reciprocal - 1)));
    result.posteriorVariance[i] = variance;
    result.posteriorLogVarianceClipped[i] = r(Math.log(Math.max(variance, r(1e-20))));
    result.posteriorMeanCoef1[i] = r(r(beta * r(Math.sqrt(previous))) / rest);
    result.posteriorMeanCoef2[i] = r(r(previousRest * r(Math.sqrt(alpha))) / rest);
    previous = cumulative;
  }
  return result;
}

/**
 * PPO's networks, its loss with the gradient, and Adam. The policy is Gaussian with a state-independent deviation for each
 * action. Policy and value are two separate tanh networks. All parameters are one flat array: the policy's, the
 * logarithms of its deviations, the value's.
 */
import { RandomStream } from '../math/streams.ts';
import { parameterCount } from '../math/plain-mlp.ts';
import { TanhMlp } from '../math/tanh-mlp.ts';

export interface ActorCriticWidths {
  readonly observations: number;
  readonly actions: number;
  /** Of the hidden layers, in both networks. */
  readonly hidden: readonly number[];
}

/** The minibatch of an optimiser step, row by row, as it was collected. */
export interface PpoBatch {
  readonly rows: number;
  /** Normalised, [rows, observations]. */
  readonly observations: Float64Array;
  /** Before clipping, [rows, actions]. */
  readonly actions: Float64Array;
  /** Of the actions, [rows]. */
  readonly logProbabilities: Float64Array;
  /** Normalised, [rows]. */
  readonly advantages: Float64Array;
  /** Targets of the value, [rows]. */
  readonly returns: Float64Array;
  /** Values at collection, [rows]. */
  readonly values: Float64Array;
}

interface PpoLossSettings {
  /** ε: the clip range of the probability ratio around 1, and of the value around its old one. */
  readonly clip: number;
  readonly valueCoefficient: number;
}

/** Gains of the initial weights: of tanh layers; of the policy's last layer, so that actions start near 0; of the value. */
const HIDDEN_GAIN = Math.SQRT2;
const POLICY_GAIN = 0.01;
const VALUE_GAIN = 1;
const LOG_2PI = Math.log(2 * Math.PI);

/** Number of parameters for these widths. */
export function actorCriticParameters(widths: ActorCriticWidths): number {
  return parameterCount(policySizes(widths)) + widths.actions + parameterCount(valueSizes(widths));
}

export function policySizes({ observations, actions, hidden }: ActorCriticWidths): number[] {
  return [observations, ...hidden, actions];
}

function valueSizes({ observations, hidden }: ActorCriticWidths): number[] {
  return [observations, ...hidden, 1];
}

/** Orthogonal weights, biases of 0, deviations of 1; the same for the same seed. */
export function initialParameters(widths: ActorCriticWidths, seed: number): Float64Array {
  const params = new Float64Array(actorCriticParameters(widths));
  const stream = new RandomStream(seed, 'ppo/initial');
  let offset = 0;
  let lane = 0;
  const network = (sizes: readonly number[], lastGain: number) => {
    for (let i = 0; i + 1 < sizes.length; i++) {
      const [inWidth, outWidth] = [sizes[i]!, sizes[i + 1]!];
      const gain = i + 2 === sizes.length ? lastGain : HIDDEN_GAIN;
      params.set(orthogonal(outWidth, inWidth, gain, stream, lane++), offset);
      offset += (inWidth + 1) * outWidth;
    }
  };
  network(policySizes(widths), POLICY_GAIN);
  offset += widths.actions;
  network(valueSizes(widths), VALUE_GAIN);
  return params;
}

export class ActorCritic {
  readonly widths: ActorCriticWidths;
  readonly params: Float64Array;
  /** Gradient of the last loss, like `params`. */
  readonly gradient: Float64Array;
  /** Logarithms of the deviations of the actions, [actions]: a view of `params`. */
  readonly logDeviations: Float64Array;
  readonly #deviationGradient: Float64Array;
  readonly #policy: TanhMlp;
  readonly #value: TanhMlp;
  readonly #meanGradient: Float64Array;
  readonly #valueGradient: Float64Array;

  /**
   * @param params used in place, not copied.
   * @param rows largest batch.
   * @throws Error if the parameters do not fit the widths.
   */
  constructor(widths: ActorCriticWidths, params: Float64Array, rows: number) {
    const count = actorCriticParameters(widths);
    if (params.length !== count) throw new Error(`These networks have ${count} parameters, not ${params.length}.`);
    const { actions } = widths;
    const policyEnd = parameterCount(policySizes(widths));
    const valueBegin = policyEnd + actions;
    const gradient = new Float64Array(count);
    this.widths = widths;
    this.params = params;
    this.gradient = gradient;
    this.logDeviations = params.subarray(policyEnd, valueBegin);
    this.#deviationGradient = gradient.subarray(policyEnd, valueBegin);
    this.#policy = new TanhMlp(
      policySizes(widths),
      params.subarray(0, policyEnd),
      gradient.subarray(0, policyEnd),
      rows,
    );
    this.#value = new TanhMlp(valueSizes(widths), params.subarray(valueBegin), gradient.subarray(valueBegin), rows);
    this.#meanGradient = new Float64Array(rows * actions);
    this.#valueGradient = new Float64Array(rows);
  }

  /** Mean actions [rows, actions] of observations [rows, observations]; the next call overwrites them. */
  means(observations: Float64Array, rows: number): Float64Array {
    return this.#policy.forward(observations, rows);
  }

  /** Values [rows]; the next call overwrites them. */
  values(observations: Float64Array, rows: number): Float64Array {
    return this.#value.forward(observations, rows);
  }

  /** Log-probability of the action of a row, given the means. */
  logProbability(means: Float64Array, actions: Float64Array, row: number): number {
    const { logDeviations } = this;
    const width = logDeviations.length;
    let sum = 0;
    for (let i = 0; i < width; i++) {
      const distance = (actions[row * width + i]! - means[row * width + i]!) * Math.exp(-logDeviations[i]!);
      sum -= 0.5 * (distance * distance + LOG_2PI) + logDeviations[i]!;
    }
    return sum;
  }

  /**
   * PPO's loss (equations 7 and 9 of its paper, without entropy, and the value's clipped likewise): the mean over rows of
   * −min(ρ A, clip(ρ, 1 ± ε) A) + c ½ max((v − R)², (v₀ + clip(v − v₀, ±ε) − R)²). Leaves its gradient in `gradient`.
   */
  loss(batch: PpoBatch, settings: PpoLossSettings): number {
    return this.#policyLoss(batch, settings) + this.#valueLoss(batch, settings);
  }

  #policyLoss(batch: PpoBatch, { clip }: PpoLossSettings): number {
    const { rows, observations, actions, logProbabilities, advantages } = batch;
    const { logDeviations } = this;
    const deviationGradient = this.#deviationGradient;
    const meanGradient = this.#meanGradient;
    const width = logDeviations.length;
    const means = this.means(observations, rows);
    deviationGradient.fill(0);
    let loss = 0;
    for (let row = 0; row < rows; row++) {
      const advantage = advantages[row]!;
      const ratio = Math.exp(this.logProbability(means, actions, row) - logProbabilities[row]!);
      const clipped = Math.max(1 - clip, Math.min(1 + clip, ratio)) * advantage;
      loss -= Math.min(ratio * advantage, clipped) / rows;
      // Derivative by the log-probability; 0 where the clipped term is the minimum.
      const slope = ratio * advantage <= clipped ? (-ratio * advantage) / rows : 0;
      for (let i = 0, at = row * width; i < width; i++, at++) {
        const precision = Math.exp(-2 * logDeviations[i]!);
        const distance = actions[at]! - means[at]!;
        meanGradient[at] = slope * distance * precision;
        deviationGradient[i]! += slope * (distance * distance * precision - 1);
      }
    }
    this.#policy.backward(meanGradient, rows);
    return loss;
  }

  #valueLoss(batch: PpoBatch, { clip, valueCoefficient }: PpoLossSettings): number {
    const { rows, observations, returns, values: before } = batch;
    const valueGradient = this.#valueGradient;
    const values = this.values(observations, rows);
    const scale = valueCoefficient / rows;
    let loss = 0;
    for (let row = 0; row < rows; row++) {
      const error = values[row]! - returns[row]!;
      const moved = values[row]! - before[row]!;
      const clipped = before[row]! + Math.max(-clip, Math.min(clip, moved)) - returns[row]!;
      loss += 0.5 * scale * Math.max(error ** 2, clipped ** 2);
      valueGradient[row] = error ** 2 >= clipped ** 2 ? scale * error : 0;
    }
    this.#value.backward(valueGradient, rows);
    return loss;
  }
}

/** A matrix [rows, columns] whose rows (or columns, if fewer) are orthogonal and of length `gain`. */
function orthogonal(rows: number, columns: number, gain: number, stream: RandomStream, lane: number): Float64Array {
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const drawn = new Float32Array(count * length);
  stream.fillNormal(drawn, 0, lane);
  const vectors: Float64Array[] = [];
  for (let i = 0; i < count; i++) {
    const vector = Float64Array.from(drawn.subarray(i * length, (i + 1) * length));
    for (const other of vectors) {
      const along = vector.reduce((sum, value, k) => sum + value * other[k]!, 0);
      for (let k = 0; k < length; k++) vector[k]! -= along * other[k]!;
    }
    const norm = Math.sqrt(vector.reduce((sum, value) => sum + value ** 2, 0));
    vectors.push(vector.map((value) => value / norm));
  }
  const matrix = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      matrix[row * columns + column] = gain * (rows <= columns ? vectors[row]![column]! : vectors[column]![row]!);
    }
  }
  return matrix;
}

/** Adam's decay rates, as its paper suggests. */
const BETA_1 = 0.9;
const BETA_2 = 0.999;

/** Adam (Kingma and Ba, 2015) on plain float64 parameters. */
export class AdamStep {
  /** Moments of the gradient, like the parameters. */
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly #epsilon: number;

  constructor(first: Float64Array, second: Float64Array, epsilon: number) {
    this.first = first;
    this.second = second;
    this.#epsilon = epsilon;
  }

  /** @param count steps so far, including this one. */
  step(params: Float64Array, gradient: Float64Array, rate: number, count: number): void {
    const { first, second } = this;
    const epsilon = this.#epsilon;
    const firstScale = rate / (1 - BETA_1 ** count);
    const secondScale = 1 / (1 - BETA_2 ** count);
    for (let i = 0; i < params.length; i++) {
      const slope = gradient[i]!;
      const mean = BETA_1 * first[i]! + (1 - BETA_1) * slope;
      const square = BETA_2 * second[i]! + (1 - BETA_2) * slope * slope;
      first[i] = mean;
      second[i] = square;
      params[i]! -= (firstScale * mean) / (Math.sqrt(square * secondScale) + epsilon);
    }
  }
}

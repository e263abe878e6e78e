/** Adam over a network's flat parameters, with clipping by the global gradient norm and a decaying rate. */
import {
  tidy,
  variable,
  variableGrads,
  zeros,
  type NamedTensorMap,
  type Scalar,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import { adamStep } from '../tensor/kernels/adam.ts';
import { gradientNorm } from '../tensor/kernels/gradient-norm.ts';
import type { StepInput } from '../tensor/step-input.ts';

/** PyTorch's defaults. */
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

export interface RateSchedule {
  decay: 'none' | 'cosine';
  /** Steps after which a cosine-decayed rate is 0. */
  decaySteps: number;
}

/** The learning rate at a step (from 0): constant, or along half a cosine to 0 (Loshchilov & Hutter, 2017). */
export function scheduledRate(rate: number, { decay, decaySteps }: RateSchedule, step: number): number {
  if (decay === 'none') return rate;
  return rate * 0.5 * (1 + Math.cos(Math.PI * Math.min(step / decaySteps, 1)));
}

export interface CriticRate {
  /** 3e-4 */
  criticLearningRate: number;
  /** Steps after which a cosine-decayed rate of the critic is 0, which may be earlier than the policy's. */
  criticDecaySteps: number;
}

/** The critic's learning rate at a step (from 0). */
export function criticRate(
  { criticLearningRate, criticDecaySteps, decay }: CriticRate & Pick<RateSchedule, 'decay'>,
  step: number,
): number {
  return scheduledRate(criticLearningRate, { decay, decaySteps: criticDecaySteps }, step);
}

/** Schedule of a policy's exponential moving average. */
interface MovingAverage {
  emaDecay: number;
  emaStart: number;
  emaEvery: number;
}

/** Rate of the moving average after step `step` (from 0); 0 before its start and between its updates. */
export function emaRate({ emaDecay, emaStart, emaEvery }: MovingAverage, step: number): number {
  return step % emaEvery === 0 && step >= emaStart ? 1 - emaDecay : 0;
}

/** Variables of rank 1 by name, which an optimiser trains. */
export interface Trainable {
  readonly variables: Readonly<Record<string, Variable>>;
}

export class Adam {
  /** First and second moments, `m.<name>` and `v.<name>`. */
  readonly variables: Readonly<Record<string, Variable>>;
  readonly #target: Trainable;

  constructor(target: Trainable) {
    this.#target = target;
    const moments: Record<string, Variable> = {};
    for (const [name, value] of Object.entries(target.variables)) {
      for (const moment of ['m', 'v']) {
        moments[`${moment}.${name}`] = tidy(() => variable(zeros([value.size]), false));
      }
    }
    this.variables = moments;
  }

  /**
   * One step down the gradient of `loss`.
   * @param t the step's number, from 1
   * @param clip largest global gradient norm, 0 for none
   * @returns the loss and the gradient's global norm before clipping, both scalars
   */
  minimise(
    loss: () => Scalar,
    t: StepInput,
    learningRate: StepInput,
    clip = 0,
  ): { loss: Scalar; gradientNorm: Tensor } {
    const { value, grads } = variableGrads(loss, Object.values(this.#target.variables));
    const gradientNorm = this.#apply(grads, t, learningRate, clip);
    for (const gradient of Object.values(grads)) gradient.dispose();
    return { loss: value, gradientNorm };
  }

  dispose(): void {
    for (const moment of Object.values(this.variables)) moment.dispose();
  }

  #apply(grads: NamedTensorMap, t: StepInput, learningRate: StepInput, clip: number): Tensor {
    return tidy(() => {
      const entries = Object.entries(this.#target.variables);
      const { norm, clipping } = gradientNorm(
        entries.map(([, value]) => grads[value.name] as Tensor),
        clip,
      );
      for (const [name, p] of entries) {
        const m = this.variables[`m.${name}`] as Variable;
        const v = this.variables[`v.${name}`] as Variable;
        adamStep({ p, m, v }, grads[p.name] as Tensor, clipping, t, {
          learningRate,
          beta1: BETA1,
          beta2: BETA2,
          epsilon: EPSILON,
        });
      }
      return norm;
    });
  }
}

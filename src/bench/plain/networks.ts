/** The networks of Diffusion-QL in the style of tfjs' guides: a variable per weight, an operation per step. */
import {
  add,
  concat,
  cos,
  matMul,
  mul,
  sin,
  softplus,
  tanh,
  tensor,
  tensor2d,
  tidy,
  transpose,
  variable,
  type Tensor2D,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { NamedTensor } from '../../networks/network.ts';

/** Tensors by PyTorch's names. */
export type Weights = Readonly<Record<string, NamedTensor>>;

/** x · tanh(softplus(x)) (Misra, 2019). */
function mish(x: Tensor2D): Tensor2D {
  return mul(x, tanh(softplus(x)));
}

/** Linear layers with Mish between them. */
class Mlp {
  readonly variables: Variable[] = [];

  /** @param layers PyTorch's names of the Linear layers. */
  constructor(weights: Weights, layers: readonly string[]) {
    for (const layer of layers) {
      const weight = weights[`${layer}.weight`] as NamedTensor;
      const bias = weights[`${layer}.bias`] as NamedTensor;
      // [in, out], as in tf.layers.dense.
      this.variables.push(tidy(() => variable(transpose(tensor(weight.data, weight.shape)))));
      this.variables.push(tidy(() => variable(tensor(bias.data, bias.shape))));
    }
  }

  apply(x: Tensor2D): Tensor2D {
    let y = x;
    for (let i = 0; i < this.variables.length; i += 2) {
      y = add(matMul(y, this.variables[i] as Variable), this.variables[i + 1] as Variable);
      if (i + 2 < this.variables.length) y = mish(y);
    }
    return y;
  }
}

/** θ ← (1 − rate) θ + rate θ_source, variable by variable. */
export function moveTowards(targets: readonly Variable[], sources: readonly Variable[], rate: number): void {
  targets.forEach((target, i) => {
    tidy(() => target.assign(add(mul(target, 1 - rate), mul(sources[i] as Variable, rate))));
  });
}

/** ε_θ(a_i, i, s) */
export class PlainDenoiser {
  readonly variables: Variable[];
  readonly #time: Mlp;
  readonly #trunk: Mlp;
  /** [1, W/2] */
  readonly #frequencies: Tensor2D;

  constructor(weights: Weights, timeWidth: number) {
    this.#time = new Mlp(weights, ['time_mlp.1', 'time_mlp.3']);
    this.#trunk = new Mlp(weights, ['mid_layer.0', 'mid_layer.2', 'mid_layer.4', 'final_layer']);
    this.variables = [...this.#time.variables, ...this.#trunk.variables];
    const half = timeWidth / 2;
    const frequency = (k: number) => Math.exp((-k * Math.log(10000)) / (half - 1));
    this.#frequencies = tensor2d(
      Array.from({ length: half }, (_, k) => frequency(k)),
      [1, half],
    );
  }

  /** Predicted noise [B, A] for noisy actions [B, A] at steps [B, 1] (float32) in states [B, S]. */
  predict(noisy: Tensor2D, steps: Tensor2D, states: Tensor2D): Tensor2D {
    const angles = mul(steps, this.#frequencies) as Tensor2D;
    const embedded = this.#time.apply(concat([sin(angles), cos(angles)], 1));
    return this.#trunk.apply(concat([noisy, embedded, states], 1));
  }

  dispose(): void {
    for (const value of this.variables) value.dispose();
    this.#frequencies.dispose();
  }
}

/** Q1 and Q2. */
export class PlainTwinCritic {
  readonly variables: Variable[];
  readonly #heads: [Mlp, Mlp];

  constructor(weights: Weights) {
    const head = (name: string) =>
      new Mlp(
        weights,
        [0, 2, 4, 6].map((i) => `${name}.${i}`),
      );
    this.#heads = [head('q1_model'), head('q2_model')];
    this.variables = this.#heads.flatMap(({ variables }) => variables);
  }

  /** One head's Q [N, 1]. */
  q(head: 0 | 1, states: Tensor2D, actions: Tensor2D): Tensor2D {
    return this.#heads[head].apply(concat([states, actions], 1));
  }

  dispose(): void {
    for (const value of this.variables) value.dispose();
  }
}

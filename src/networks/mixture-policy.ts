/** A mixture density network (Bishop, 1994): weights, means and standard deviations of K Gaussians for each state. */
import {
  add,
  argMax,
  clipByValue,
  exp,
  gather,
  log,
  logSoftmax,
  logSumExp,
  mean,
  mul,
  neg,
  range,
  reshape,
  slice,
  square,
  sub,
  sum,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { Draws } from '../tensor/draws.ts';
import type { PolicyWidths } from './gaussian-policy.ts';
import type { Initialiser } from './initialisation.ts';
import { Network } from './network.ts';

/** Far narrower than a mode of the bandit; keeps the likelihood finite for a component that collapses on one point. */
const MIN_LOG_STD = -5;
const MAX_LOG_STD = 2;
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

interface MixtureWidths extends PolicyWidths {
  /** K */
  mixtureComponents: number;
}

interface Mixture {
  /** [N, K] */
  logWeights: Tensor2D;
  /** [N, K, A] */
  means: Tensor3D;
  /** [N, K, A] */
  logStds: Tensor3D;
}

export class MixturePolicy extends Network {
  readonly #actionWidth: number;
  readonly #components: number;

  /** The last layer gives K logits, then K·A means, then K·A log standard deviations. */
  constructor({ stateWidth, actionWidth, hidden, mixtureComponents }: MixtureWidths, initial: Initialiser) {
    super(
      {
        policy: {
          spec: {
            sizes: [stateWidth, hidden, hidden, mixtureComponents * (1 + 2 * actionWidth)],
            activation: 'relu',
          },
          layerNames: ['policy.0', 'policy.2', 'policy.4'],
        },
      },
      initial,
    );
    this.#actionWidth = actionWidth;
    this.#components = mixtureComponents;
  }

  distribution(states: Tensor2D): Mixture {
    const rows = states.shape[0];
    const components = this.#components;
    const width = components * this.#actionWidth;
    const output = this.apply('policy', states);
    const shape: [number, number, number] = [rows, components, this.#actionWidth];
    return {
      logWeights: logSoftmax(slice(output, [0, 0], [rows, components])),
      means: reshape(slice(output, [0, components], [rows, width]), shape),
      logStds: reshape(
        clipByValue(slice(output, [0, components + width], [rows, width]), MIN_LOG_STD, MAX_LOG_STD),
        shape,
      ),
    };
  }

  /** −mean log Σ_k w_k N(a; μ_k, σ_k) over a batch. */
  negativeLogLikelihood({ logWeights, means, logStds }: Mixture, actions: Tensor2D): Scalar {
    const [rows, , width] = means.shape;
    const z = mul(sub(reshape(actions, [rows, 1, width]), means), exp(neg(logStds)));
    const logDensities = sum(sub(mul(-0.5, square(z)), add(logStds, HALF_LOG_TWO_PI)), 2);
    return neg(mean<Scalar>(logSumExp(add(logWeights, logDensities), 1)));
  }

  /** Every component's sample [N, K, A] for standard normal noise [N, A]. */
  componentSamples({ means, logStds }: Mixture, noise: Tensor2D): Tensor3D {
    const [rows, , width] = means.shape;
    return add(means, mul(exp(logStds), reshape(noise, [rows, 1, width])));
  }

  /** Actions [N, A]: a component drawn by its weight, then a sample of it. */
  sample(states: Tensor2D, draws: Draws): Tensor2D {
    const [rows, width] = [states.shape[0], this.#actionWidth];
    const mixture = this.distribution(states);
    const samples = this.componentSamples(mixture, draws.normal('action-noise', [rows, width]) as Tensor2D);
    // Gumbel-max. A uniform draw may be 0, and log 0 is NaN on some backends.
    const uniform = mul(add(draws.uniform('component', [rows, this.#components]), 1e-7), 1 - 2e-7);
    const chosen = argMax(sub(mixture.logWeights, log(neg(log(uniform)))), 1);
    const index = add(chosen, range(0, rows * this.#components, this.#components, 'int32')) as Tensor1D;
    return gather(reshape(samples, [rows * this.#components, width]), index) as Tensor2D;
  }
}

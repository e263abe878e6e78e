/** A Gaussian policy: an MLP (ReLU) from the state to mean and log standard deviation of each action dimension. */
import {
  add,
  clipByValue,
  div,
  exp,
  mean as meanOf,
  mul,
  neg,
  slice,
  square,
  sub,
  sum,
  type Scalar,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { Initialiser } from './initialisation.ts';
import { Network } from './network.ts';

const MIN_LOG_STD = -20;
const MAX_LOG_STD = 2;
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

export interface PolicyWidths {
  stateWidth: number;
  actionWidth: number;
  hidden: number;
}

export class GaussianPolicy extends Network {
  /** A */
  readonly actionWidth: number;

  readonly #minLogStd: number;

  /**
   * The last layer's first A rows give the mean, the other A the log standard deviation.
   * @param minLogStd lower bound of the log standard deviation.
   */
  constructor({ stateWidth, actionWidth, hidden }: PolicyWidths, initial: Initialiser, minLogStd = MIN_LOG_STD) {
    super(
      {
        policy: {
          spec: { sizes: [stateWidth, hidden, hidden, 2 * actionWidth], activation: 'relu' },
          layerNames: ['policy.0', 'policy.2', 'policy.4'],
        },
      },
      initial,
    );
    this.actionWidth = actionWidth;
    this.#minLogStd = minLogStd;
  }

  /** Mean and log standard deviation (clipped to −20 … 2 by default), [N, A] each. */
  distribution(states: Tensor2D): { mean: Tensor2D; logStd: Tensor2D } {
    const output = this.apply('policy', states);
    const size: [number, number] = [states.shape[0], this.actionWidth];
    return {
      mean: slice(output, [0, 0], size),
      logStd: clipByValue(slice(output, [0, this.actionWidth], size), this.#minLogStd, MAX_LOG_STD),
    };
  }

  /** Actions [N, A] for states [N, S] and standard normal noise [N, A], not clipped to the square. */
  sampleWith(states: Tensor2D, noise: Tensor2D): Tensor2D {
    const { mean, logStd } = this.distribution(states);
    return add(mean, mul(exp(logStd), noise));
  }

  /**
   * −mean log π(a|s) over a batch.
   * @param weights [B], optional weights of the rows.
   */
  negativeLogLikelihood(states: Tensor2D, actions: Tensor2D, weights?: Tensor): Scalar {
    const { mean, logStd } = this.distribution(states);
    const z = div(sub(actions, mean), exp(logStd));
    const logDensity = sub(mul(-0.5, square(z)), add(logStd, HALF_LOG_TWO_PI));
    const rows = sum(logDensity, 1);
    return neg(meanOf<Scalar>(weights ? mul(weights, rows) : rows));
  }
}

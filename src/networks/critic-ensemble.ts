/**
 * Q1 and Q2 (Fujimoto et al., 2018), or a larger ensemble: MLPs over [s, a] with three hidden layers of Mish. Two options
 * extend the published agent: up to ten critics (An et al., 2021; Ghasemipour et al., 2022), and a layer normalisation
 * before each Mish (Ball et al., 2023).
 */
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Pessimism } from '../math/pessimism.ts';
import { mlpEnsemble } from '../tensor/kernels/mlp-ensemble.ts';
import { pessimisticQ } from '../tensor/kernels/pessimistic-q.ts';
import { regressionLoss } from '../tensor/kernels/regression-loss.ts';
import type { Initialiser } from './initialisation.ts';
import { Network, type MlpPart } from './network.ts';

export interface CriticWidths {
  stateWidth: number;
  actionWidth: number;
  hidden: number;
}

/** Shape of an ensemble of critics; the defaults are the published ones. */
export interface CriticShape {
  /** Number of critics; default 2. */
  critics?: number;
  /** Normalisation before each activation; default none. */
  norm?: 'none' | 'layer';
}

export type CriticHead = `q${number}_model`;

export class CriticEnsemble extends Network {
  readonly heads: readonly CriticHead[];

  constructor(
    { stateWidth, actionWidth, hidden }: CriticWidths,
    initial: Initialiser,
    { critics = 2, norm = 'none' }: CriticShape = {},
  ) {
    const heads = Array.from({ length: critics }, (_, i): CriticHead => `q${i + 1}_model`);
    const normed = norm === 'layer';
    // As in a PyTorch Sequential, where an activation has an index but no parameters.
    const names = (head: CriticHead, places: readonly number[]) => places.map((i) => `${head}.${i}`);
    const part = (head: CriticHead): MlpPart => ({
      spec: {
        sizes: [stateWidth + actionWidth, hidden, hidden, hidden, 1],
        activation: 'mish',
        ...(normed && { norm: 'layer' }),
      },
      layerNames: names(head, normed ? [0, 3, 6, 9] : [0, 2, 4, 6]),
      ...(normed && { normNames: names(head, [1, 4, 7]) }),
    });
    super(Object.fromEntries(heads.map((head) => [head, part(head)])), initial);
    this.heads = heads;
  }

  /** One head's Q [N, 1]. */
  q(head: CriticHead, states: Tensor2D, actions: Tensor2D): Tensor2D {
    return this.#evaluate([head], states, actions)[0] as Tensor2D;
  }

  /** Q of every head, each [N, 1]. */
  all(states: Tensor2D, actions: Tensor2D): Tensor2D[] {
    return this.#evaluate(this.heads, states, actions);
  }

  /** Q1 and Q2, each [N, 1]. */
  both(states: Tensor2D, actions: Tensor2D): [q1: Tensor2D, q2: Tensor2D] {
    return this.#evaluate(['q1_model', 'q2_model'], states, actions) as [Tensor2D, Tensor2D];
  }

  /** The ensemble's pessimistic estimate of Q [N, 1]; differentiable in the actions. */
  pessimistic(states: Tensor2D, actions: Tensor2D, pessimism: Pessimism): Tensor2D {
    return pessimisticQ(this.all(states, actions), pessimism);
  }

  /** Σ over the heads of mean (Q(s, a) − y)² for targets y [N, 1]; differentiable in the parameters. */
  regressionLoss(states: Tensor2D, actions: Tensor2D, targets: Tensor2D): Scalar {
    const { spec } = this.parts['q1_model'] as MlpPart;
    const heads = this.heads.map((head) => this.variables[head] as Tensor);
    return regressionLoss([states, actions], heads, spec, targets);
  }

  #evaluate(heads: readonly CriticHead[], states: Tensor2D, actions: Tensor2D): Tensor2D[] {
    const { spec } = this.parts['q1_model'] as MlpPart;
    const networks = heads.map((head) => this.variables[head] as Tensor);
    return mlpEnsemble([states, actions], networks, spec);
  }

  q1(states: Tensor2D, actions: Tensor2D): Tensor2D {
    return this.q('q1_model', states, actions);
  }
}

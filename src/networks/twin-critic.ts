/** Q1 and Q2 (Fujimoto et al., 2018): two MLPs over [s, a] with three hidden layers of Mish. */
import { concat, type Scalar, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { regressionLoss } from '../tensor/kernels/regression-loss.ts';
import type { Initialiser } from './initialisation.ts';
import { Network, type MlpPart } from './network.ts';

export interface CriticWidths {
  stateWidth: number;
  actionWidth: number;
  hidden: number;
}

export type CriticHead = 'q1_model' | 'q2_model';

export class TwinCritic extends Network {
  constructor({ stateWidth, actionWidth, hidden }: CriticWidths, initial: Initialiser) {
    const head = (name: CriticHead): MlpPart => ({
      spec: { sizes: [stateWidth + actionWidth, hidden, hidden, hidden, 1], activation: 'mish' },
      layerNames: [0, 2, 4, 6].map((i) => `${name}.${i}`),
    });
    super({ q1_model: head('q1_model'), q2_model: head('q2_model') }, initial);
  }

  /** One head's Q [N, 1]. */
  q(head: CriticHead, states: Tensor2D, actions: Tensor2D): Tensor2D {
    return this.apply(head, concat([states, actions], 1));
  }

  /** Q1 and Q2, each [N, 1]. */
  both(states: Tensor2D, actions: Tensor2D): [q1: Tensor2D, q2: Tensor2D] {
    const x = concat([states, actions], 1);
    return [this.apply('q1_model', x), this.apply('q2_model', x)];
  }

  /** mean (Q1(s, a) − y)² + mean (Q2(s, a) − y)² for targets y [N, 1]; differentiable in the parameters. */
  regressionLoss(states: Tensor2D, actions: Tensor2D, targets: Tensor2D): Scalar {
    const { spec } = this.parts['q1_model'] as MlpPart;
    const heads = (['q1_model', 'q2_model'] as const).map((head) => this.variables[head] as Tensor);
    return regressionLoss([states, actions], heads, spec, targets);
  }

  q1(states: Tensor2D, actions: Tensor2D): Tensor2D {
    return this.q('q1_model', states, actions);
  }
}

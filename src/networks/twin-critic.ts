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

export const HEADS = ['q1_model', 'q2_model'] as const;
export type CriticHead = (typeof HEADS)[number];

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

  /** mean (Q(s, a) − y)² of one head for targets y [N, 1]; differentiable in its parameters. */
  regressionLoss(head: CriticHead, states: Tensor2D, actions: Tensor2D, targets: Tensor2D): Scalar {
    const { spec } = this.parts[head] as MlpPart;
    return regressionLoss([states, actions], this.variables[head] as Tensor, spec, targets);
  }

  q1(states: Tensor2D, actions: Tensor2D): Tensor2D {
    return this.q('q1_model', states, actions);
  }

  q2(states: Tensor2D, actions: Tensor2D): Tensor2D {
    return this.q('q2_model', states, actions);
  }
}

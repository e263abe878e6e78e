/** Q1 and Q2 (Fujimoto et al., 2018): two MLPs over [s, a] with three hidden layers of Mish. */
import { concat, type Tensor2D } from '@tensorflow/tfjs-core';
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

  q1(states: Tensor2D, actions: Tensor2D): Tensor2D {
    return this.q('q1_model', states, actions);
  }

  q2(states: Tensor2D, actions: Tensor2D): Tensor2D {
    return this.q('q2_model', states, actions);
  }
}

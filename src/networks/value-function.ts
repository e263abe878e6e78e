/** V(s) (Kostrikov et al., 2022): an MLP (ReLU) with two hidden layers from the state to a number. */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Initialiser } from './initialisation.ts';
import { Network } from './network.ts';

export class ValueFunction extends Network {
  constructor({ stateWidth, hidden }: { stateWidth: number; hidden: number }, initial: Initialiser) {
    super(
      {
        value: {
          spec: { sizes: [stateWidth, hidden, hidden, 1], activation: 'relu' },
          layerNames: ['value.0', 'value.2', 'value.4'],
        },
      },
      initial,
    );
  }

  /** V [N, 1] of states [N, S]. */
  of(states: Tensor2D): Tensor2D {
    return this.apply('value', states);
  }
}

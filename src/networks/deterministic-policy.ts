/** A deterministic policy: an MLP (ReLU) from the state through tanh to an action in [−1, 1]. */
import { tanh, type Tensor2D } from '@tensorflow/tfjs-core';
import type { PolicyWidths } from './gaussian-policy.ts';
import type { Initialiser } from './initialisation.ts';
import { Network } from './network.ts';

export class DeterministicPolicy extends Network {
  constructor({ stateWidth, actionWidth, hidden }: PolicyWidths, initial: Initialiser) {
    super(
      {
        policy: {
          spec: { sizes: [stateWidth, hidden, hidden, actionWidth], activation: 'relu' },
          layerNames: ['policy.0', 'policy.2', 'policy.4'],
        },
      },
      initial,
    );
  }

  /** Actions [N, A] for states [N, S]. */
  act(states: Tensor2D): Tensor2D {
    return tanh(this.apply('policy', states));
  }
}

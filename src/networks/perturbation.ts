/** BCQ's perturbation network (Fujimoto et al., 2019): moves an action by at most Φ. */
import { add, clipByValue, concat, mul, tanh, type Tensor2D } from '@tensorflow/tfjs-core';
import type { PolicyWidths } from './gaussian-policy.ts';
import type { Initialiser } from './initialisation.ts';
import { Network } from './network.ts';

export class Perturbation extends Network {
  readonly #bound: number;

  /** @param bound Φ, as a fraction of the largest action (1) */
  constructor({ stateWidth, actionWidth, hidden }: PolicyWidths, bound: number, initial: Initialiser) {
    super(
      {
        perturbation: {
          spec: { sizes: [stateWidth + actionWidth, hidden, hidden, actionWidth], activation: 'relu' },
          layerNames: ['perturbation.0', 'perturbation.2', 'perturbation.4'],
        },
      },
      initial,
    );
    this.#bound = bound;
  }

  /** Perturbed actions [N, A], clipped to ±1. */
  perturb(states: Tensor2D, actions: Tensor2D): Tensor2D {
    const shift = tanh(this.apply('perturbation', concat([states, actions], 1)));
    return clipByValue(add(actions, mul(this.#bound, shift)), -1, 1) as Tensor2D;
  }
}

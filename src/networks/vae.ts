/** The conditional VAE over actions (Sohn et al., 2015), as in BCQ (Fujimoto et al., 2019). */
import {
  add,
  clipByValue,
  concat,
  exp,
  mean,
  mul,
  slice,
  square,
  sub,
  tanh,
  type Scalar,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { Draws } from '../tensor/draws.ts';
import type { PolicyWidths } from './gaussian-policy.ts';
import type { Initialiser } from './initialisation.ts';
import { Network } from './network.ts';

const MIN_LOG_STD = -4;
const MAX_LOG_STD = 15;
/** Weight of the KL term against the reconstruction. */
const KL_WEIGHT = 0.5;
/** Latents are drawn from the prior, clipped to this. */
const LATENT_BOUND = 0.5;

export class Vae extends Network {
  readonly #latentWidth: number;

  constructor({ stateWidth, actionWidth, hidden }: PolicyWidths, initial: Initialiser) {
    const latentWidth = 2 * actionWidth;
    super(
      {
        encoder: {
          spec: { sizes: [stateWidth + actionWidth, hidden, hidden, 2 * latentWidth], activation: 'relu' },
          layerNames: ['encoder.0', 'encoder.2', 'encoder.4'],
        },
        decoder: {
          spec: { sizes: [stateWidth + latentWidth, hidden, hidden, actionWidth], activation: 'relu' },
          layerNames: ['decoder.0', 'decoder.2', 'decoder.4'],
        },
      },
      initial,
    );
    this.#latentWidth = latentWidth;
  }

  /** Reconstruction MSE + 0.5 · mean KL from the standard normal prior. */
  loss(states: Tensor2D, actions: Tensor2D, draws: Draws): Scalar {
    const [rows, width] = [states.shape[0], this.#latentWidth];
    const encoded = this.apply('encoder', concat([states, actions], 1));
    const mu = slice(encoded, [0, 0], [rows, width]);
    const logStd = clipByValue(slice(encoded, [0, width], [rows, width]), MIN_LOG_STD, MAX_LOG_STD);
    const std = exp(logStd);
    const latent = add(mu, mul(std, draws.normal('vae-noise', [rows, width]))) as Tensor2D;
    const reconstruction = mean(square(sub(tanh(this.decodeRaw(states, latent)), actions)));
    const kl = mul(-0.5, mean(sub(add(1, mul(2, logStd)), add(square(mu), square(std)))));
    return add(reconstruction, mul(KL_WEIGHT, kl));
  }

  /** Decoded actions [N, A] before tanh, for states [N, S] and latents [N, 2A]. */
  decodeRaw(states: Tensor2D, latents: Tensor2D): Tensor2D {
    return this.apply('decoder', concat([states, latents], 1));
  }

  /** The same for latents drawn from the clipped prior. */
  sampleRaw(states: Tensor2D, draws: Draws, name: string): Tensor2D {
    const latents = clipByValue(draws.normal(name, [states.shape[0], this.#latentWidth]), -LATENT_BOUND, LATENT_BOUND);
    return this.decodeRaw(states, latents as Tensor2D);
  }
}

/** The actor of BC-MMD and BEAR (Kumar et al., 2019): a tanh-Gaussian, constrained to a VAE by the MMD of raw samples. */
import {
  add,
  clipByValue,
  exp,
  mean,
  mul,
  reshape,
  sqrt,
  tanh,
  type Scalar,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { Draws } from '../tensor/draws.ts';
import { laplacianMmdSquared } from '../tensor/kernels/laplacian-mmd.ts';
import { stopGradient } from '../tensor/stop-gradient.ts';
import { repeatRows } from './candidates.ts';
import { GaussianPolicy } from './gaussian-policy.ts';
import type { Vae } from './vae.ts';

/** Bound of the actor's noise in the comparison with the VAE. */
const NOISE_BOUND = 0.5;
const SQRT_EPSILON = 1e-6;

/** √(k_xx + k_yy − 2 k_xy + 1e-6), averaged over states; differentiable in x alone. */
function laplacianMmd(x: Tensor3D, y: Tensor3D, sigma: number): Scalar {
  return mean(sqrt(add(laplacianMmdSquared(x, y, sigma), SQRT_EPSILON)));
}

export class MmdActor extends GaussianPolicy {
  /** Actions [N, A]: tanh of an unclipped sample. */
  act(states: Tensor2D, noise: Tensor2D): Tensor2D {
    return tanh(this.sampleWith(states, noise));
  }

  /** MMD between `count` raw samples and as many raw decoded actions per state, averaged; the VAE is constant. */
  distance(states: Tensor2D, vae: Vae, draws: Draws, count: number, sigma: number): Scalar {
    const { mean: mu, logStd } = this.distribution(states);
    const [rows, width] = mu.shape;
    const noise = clipByValue(draws.normal('mmd-actor-noise', [rows, count, width]), -NOISE_BOUND, NOISE_BOUND);
    const samples = add(reshape(mu, [rows, 1, width]), mul(reshape(exp(logStd), [rows, 1, width]), noise));
    const decoded = stopGradient(() =>
      reshape(vae.sampleRaw(repeatRows(states, count), draws, 'mmd-latents'), [rows, count, width]),
    );
    return laplacianMmd(samples as Tensor3D, decoded as Tensor3D, sigma);
  }
}

/** Making the algorithm of a method from its settings. */
import type { Algorithm, Widths } from '../algorithms/algorithm.ts';
import { BcCvae, type BcCvaeConfig } from '../algorithms/bc-cvae.ts';
import { BcDiffusion, type BcDiffusionConfig } from '../algorithms/bc-diffusion.ts';
import { BcMle, type BcMleConfig } from '../algorithms/bc-mle.ts';
import { BcMmd, type BcMmdConfig } from '../algorithms/bc-mmd.ts';
import { Bcq, type BcqConfig } from '../algorithms/bcq.ts';
import { BearMmd, type BearMmdConfig } from '../algorithms/bear-mmd.ts';
import type { MethodId } from './methods.ts';
import { DiffusionQL, type DiffusionQLConfig } from '../algorithms/diffusion-ql.ts';
import { Td3BcGaussian, type Td3BcGaussianConfig } from '../algorithms/td3-bc-gaussian.ts';
import { Td3BcMdn, type Td3BcMdnConfig } from '../algorithms/td3-bc-mdn.ts';
import { Td3Bc, type Td3BcConfig } from '../algorithms/td3-bc.ts';

/** Everything that some method reads. */
export type BanditConfig = BcMleConfig &
  BcCvaeConfig &
  BcMmdConfig &
  BcDiffusionConfig &
  Td3BcGaussianConfig &
  Omit<Td3BcConfig, 'bootstrap'> &
  Td3BcMdnConfig &
  BcqConfig &
  BearMmdConfig &
  Omit<DiffusionQLConfig, 'bootstrap'>;

/** A method on the bandit, at step 0: the critic regresses the reward, there being nothing to bootstrap. */
export function createAlgorithm(method: MethodId, config: BanditConfig, widths: Widths, seed: number): Algorithm {
  switch (method) {
    case 'bc-mle':
      return new BcMle(config, widths, seed);
    case 'bc-cvae':
      return new BcCvae(config, widths, seed);
    case 'bc-mmd':
      return new BcMmd(config, widths, seed);
    case 'bc-diffusion':
      return new BcDiffusion(config, widths, seed);
    case 'td3-bc-gaussian':
      return new Td3BcGaussian(config, widths, seed);
    case 'td3-bc':
      return new Td3Bc({ ...config, bootstrap: null }, widths, seed);
    case 'td3-bc-mdn':
      return new Td3BcMdn(config, widths, seed);
    case 'bcq':
      return new Bcq(config, widths, seed);
    case 'bear-mmd':
      return new BearMmd(config, widths, seed);
    case 'diffusion-ql':
      return new DiffusionQL({ ...config, bootstrap: null }, widths, seed);
  }
}

/** Making the algorithm of a method of the bandit from its settings. */
import type { Algorithm, Widths } from '../algorithms/algorithm.ts';
import { BcCvae } from '../algorithms/bc-cvae.ts';
import { BcDiffusion } from '../algorithms/bc-diffusion.ts';
import { BcMle } from '../algorithms/bc-mle.ts';
import { BcMmd } from '../algorithms/bc-mmd.ts';
import { Bcq } from '../algorithms/bcq.ts';
import { BearMmd } from '../algorithms/bear-mmd.ts';
import { DiffusionQL } from '../algorithms/diffusion-ql.ts';
import { Td3BcGaussian } from '../algorithms/td3-bc-gaussian.ts';
import { Td3BcMdn } from '../algorithms/td3-bc-mdn.ts';
import { Td3Bc } from '../algorithms/td3-bc.ts';
import type { MethodId } from './methods.ts';
import type { Settings } from './settings.ts';

/** The critic regresses the reward: on the bandit there is nothing to bootstrap from. */
type BanditConfig = Settings & { bootstrap: null };

const ALGORITHMS: Readonly<Record<MethodId, new (config: BanditConfig, widths: Widths, seed: number) => Algorithm>> = {
  'bc-mle': BcMle,
  'bc-cvae': BcCvae,
  'bc-mmd': BcMmd,
  'bc-diffusion': BcDiffusion,
  'td3-bc-gaussian': Td3BcGaussian,
  'td3-bc': Td3Bc,
  'td3-bc-mdn': Td3BcMdn,
  bcq: Bcq,
  'bear-mmd': BearMmd,
  'diffusion-ql': DiffusionQL,
};

/** A method on the bandit, at step 0. */
export function createAlgorithm(method: MethodId, settings: Settings, widths: Widths, seed: number): Algorithm {
  return new ALGORITHMS[method]({ ...settings, bootstrap: null }, widths, seed);
}

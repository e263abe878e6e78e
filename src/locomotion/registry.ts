/** Making the algorithm of a locomotion experiment from its settings. */
import type { Algorithm, Widths } from '../algorithms/algorithm.ts';
import { BcDiffusion } from '../algorithms/bc-diffusion.ts';
import { Bc } from '../algorithms/bc.ts';
import { DiffusionQL } from '../algorithms/diffusion-ql.ts';
import { Iql } from '../algorithms/iql.ts';
import { Td3Bc } from '../algorithms/td3-bc.ts';
import type { LocomotionMethodId } from './methods.ts';
import type { LocomotionSettings } from './settings.ts';

/** Both rates decay over the same steps; targets bootstrap from the next state. */
type LocomotionConfig = LocomotionSettings & {
  criticDecaySteps: number;
  bootstrap: Pick<LocomotionSettings, 'discount' | 'tau' | 'maxQBackup' | 'policyNoise' | 'noiseClip' | 'policyDelay'>;
};

const ALGORITHMS: Readonly<
  Record<LocomotionMethodId, new (config: LocomotionConfig, widths: Widths, seed: number) => Algorithm>
> = {
  'diffusion-ql': DiffusionQL,
  'diffusion-bc': BcDiffusion,
  bc: Bc,
  'td3-bc': Td3Bc,
  iql: Iql,
};

/** A method at step 0. */
export function createLocomotion(
  method: LocomotionMethodId,
  settings: LocomotionSettings,
  widths: Widths,
  seed: number,
): Algorithm {
  const config = { ...settings, criticDecaySteps: settings.decaySteps, bootstrap: settings };
  return new ALGORITHMS[method](config, widths, seed);
}

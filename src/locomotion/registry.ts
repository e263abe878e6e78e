/** Making the algorithm of a locomotion experiment from its settings. */
import type { Algorithm, Widths } from '../algorithms/algorithm.ts';
import { BcDiffusion } from '../algorithms/bc-diffusion.ts';
import { Bc } from '../algorithms/bc.ts';
import { DiffusionQL } from '../algorithms/diffusion-ql.ts';
import { Iql } from '../algorithms/iql.ts';
import { Td3Bc } from '../algorithms/td3-bc.ts';
import type { LocomotionMethodId } from './methods.ts';
import type { LocomotionSettings } from './settings.ts';

/** A method at step 0. */
export function createLocomotion(
  method: LocomotionMethodId,
  settings: LocomotionSettings,
  widths: Widths,
  seed: number,
): Algorithm {
  const config = { ...settings, criticDecaySteps: settings.decaySteps };
  const { discount, tau, maxQBackup, policyNoise, noiseClip, policyDelay } = settings;
  switch (method) {
    case 'diffusion-ql':
      return new DiffusionQL({ ...config, bootstrap: { discount, tau, maxQBackup } }, widths, seed);
    case 'diffusion-bc':
      return new BcDiffusion(config, widths, seed);
    case 'bc':
      return new Bc(config, widths, seed);
    case 'td3-bc':
      return new Td3Bc({ ...config, bootstrap: { discount, tau, policyNoise, noiseClip, policyDelay } }, widths, seed);
    case 'iql':
      return new Iql(config, widths, seed);
  }
}

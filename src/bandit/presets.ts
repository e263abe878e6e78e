/** The presets: a value for every setting, as published, and as a first visit finds it. */
import { paperValues } from '../experiment/setting-field.ts';
import { METHODS, type MethodId } from './methods.ts';
import { SETTINGS, type Settings } from './settings.ts';

export type PresetId = 'paper' | 'fast';

const PAPER: Settings = paperValues(SETTINGS);

/**
 * Where the fast preset differs from the paper; docs/presets.md shows the effect of each change, with its command.
 * Tuned on the corners, seeds 0 to 2.
 */
const FAST: Partial<Settings> = {
  // Half the work of 128, and no worse after as many steps.
  batchSize: 64,
  learningRate: 1.5e-3,
  // A critic that is still steep at the best mode drives the policy past it, into the corner of the square.
  criticLearningRate: 2e-2,
  decay: 'cosine',
  decaySteps: 6000,
  // A constant critic ends the policy's swinging.
  criticDecaySteps: 3000,
  // A larger weight is safe on a constant critic.
  eta: 4,
  // Its first step adds less noise than that of vp, so that the cloning term keeps a sample closer to the mode.
  schedule: 'cosine',
  timeWidth: 16,
};

/** The value of every setting for one method under a preset. */
export function presetSettings(preset: PresetId, method: MethodId): Settings {
  return preset === 'paper' ? { ...PAPER } : { ...PAPER, ...FAST, ...METHODS[method].fast };
}

/** Gradient steps after which a run stops, by preset. */
export const PRESET_BUDGET: Readonly<Record<PresetId, number>> = { paper: 100_000, fast: 6000 };

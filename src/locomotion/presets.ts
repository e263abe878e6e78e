/** The presets of locomotion: the published hyperparameters by task and method, and a small one for a CPU. */
import { paperValues } from '../experiment/setting-field.ts';
import { LOCOMOTION_METHODS, type LocomotionMethodId, type PresetSettings } from './methods.ts';
import { LOCOMOTION_SETTINGS } from './settings.ts';
import { LOCOMOTION_TASKS, type LocomotionTaskId } from './tasks.ts';

export const LOCOMOTION_PRESETS = ['paper', 'small'] as const;
export type LocomotionPresetId = (typeof LOCOMOTION_PRESETS)[number];

/** What each preset is, for a form and for `--help`. */
export const LOCOMOTION_PRESET_WORDS: Readonly<Record<LocomotionPresetId, string>> = {
  paper: 'As in the paper: hidden width 256, batch 256, 2,000,000 steps; for a GPU.',
  small:
    'Small: hidden width 64, batch 128, faster rates that decay; for a machine without a GPU. Not the published setting.',
};

/** An epoch of the published code, in gradient steps. */
const EPOCH_STEPS = 1000;

const { decaySteps: _wholeRun, ...PUBLISHED } = LOCOMOTION_SETTINGS;
const PAPER: PresetSettings = paperValues(PUBLISHED);

/** Where the small preset leaves the paper; docs/locomotion.md says why, and what it reaches. */
const SMALL: Partial<PresetSettings> = {
  // A sixteenth of the arithmetic in the hidden layers, and half the rows.
  hidden: 64,
  batchSize: 128,
  // Fewer steps, so longer ones, that end at rest.
  learningRate: 1e-3,
  criticLearningRate: 5e-4,
  decay: 'cosine',
  // Behaviours collected here hop alike and fall at different times, some hundreds of steps ahead: 0.99 does not see that far.
  discount: 0.997,
  // Values settle at a rate of τ(1 − γ) a step: with the published τ a run of this length would be over before.
  tau: 0.05,
  normalizeStates: true,
};

/** The published η again: half of it leaves half-cheetah's policy on the gait of the data's worse half. */
const OFF_THE_SLOW_GAIT: Partial<PresetSettings> = {
  eta: 1,
  // At that η, with neither of these, the critic diverges.
  discount: 0.99,
  criticNorm: 'layer',
};

/** Diffusion-QL in the small preset where it was tuned on a task of its own. */
const SMALL_QL_BY_TASK: Partial<Record<LocomotionTaskId, Partial<PresetSettings>>> = {
  'halfcheetah-medium-expert': { ...OFF_THE_SLOW_GAIT, tau: 0.01 },
  'walker2d-medium-expert': { ...OFF_THE_SLOW_GAIT, tau: 0.02 },
};

/** Gradient steps of the small preset. */
const SMALL_BUDGET = 12_000;
const SMALL_BUDGET_BY_TASK: Partial<Record<LocomotionTaskId, number>> = {
  // Its behaviours are networks, which take longer to clone than linear ones.
  'walker2d-medium-expert': 30_000,
};

export function locomotionPreset(
  preset: LocomotionPresetId,
  task: LocomotionTaskId,
  method: LocomotionMethodId,
): PresetSettings {
  const { gradientClip } = LOCOMOTION_TASKS[task].published;
  const paper = { ...PAPER, gradientClip, ...LOCOMOTION_METHODS[method].paper };
  if (preset === 'paper') return paper;
  return {
    ...paper,
    ...SMALL,
    ...LOCOMOTION_METHODS[method].small,
    ...(method === 'diffusion-ql' && SMALL_QL_BY_TASK[task]),
  };
}

/** Gradient steps of a whole run: 2,000 epochs as published; TD3+BC's and IQL's own papers have 1,000,000 steps. */
export function locomotionBudget(
  preset: LocomotionPresetId,
  task: LocomotionTaskId,
  method: LocomotionMethodId,
): number {
  if (preset === 'small') return SMALL_BUDGET_BY_TASK[task] ?? SMALL_BUDGET;
  return LOCOMOTION_METHODS[method].budget;
}

/** Gradient steps between two evaluations: 50 epochs as published. */
export const PRESET_EVALUATION: Readonly<Record<LocomotionPresetId, { every: number; episodes: number }>> = {
  paper: { every: 50 * EPOCH_STEPS, episodes: 10 },
  small: { every: 2000, episodes: 10 },
};

/** The presets of locomotion: the published hyperparameters by task and method, and a small one for a CPU. */
import type { LocomotionMethodId } from './methods.ts';
import type { LocomotionSettings } from './settings.ts';
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

/** All but what a rate decays over, which is the whole run. */
export type PresetSettings = Omit<LocomotionSettings, 'decaySteps'>;

/** Diffusion-QL on the gym tasks (Wang et al., 2023, table 3 and the authors' code). */
const PAPER: PresetSettings = {
  hidden: 256,
  batchSize: 256,
  learningRate: 3e-4,
  criticLearningRate: 3e-4,
  decay: 'none',
  gradientClip: 0,
  diffusionSteps: 5,
  schedule: 'vp',
  timeWidth: 16,
  sampler: 'ancestral',
  ddimSteps: 5,
  emaDecay: 0.995,
  emaStart: 1000,
  emaEvery: 5,
  sampleWith: 'raw',
  eta: 1,
  normalizeQ: true,
  gradientSteps: 0,
  actionApproximation: false,
  candidates: 50,
  candidateChoice: 'softmax',
  discount: 0.99,
  tau: 0.005,
  maxQBackup: false,
  critics: 2,
  criticNorm: 'none',
  pessimism: 'min',
  lcbBeta: 1,
  rewards: 'none',
  normalizeStates: false,
  policyNoise: 0.2,
  noiseClip: 0.5,
  policyDelay: 2,
  expectile: 0.7,
  temperature: 3,
};

/** Where the other methods' own papers differ. */
const PAPER_BY_METHOD: Partial<Record<LocomotionMethodId, Partial<PresetSettings>>> = {
  'diffusion-bc': { candidates: 1 },
  bc: { candidates: 1 },
  // Fujimoto & Gu, 2021: α is 2.5, states are normalised.
  'td3-bc': { candidates: 1, eta: 2.5, normalizeStates: true },
  // Kostrikov et al., 2022: rewards scaled by the range of returns, the policy's rate decayed over 1,000,000 steps.
  iql: { candidates: 1, rewards: 'iql_locomotion', decay: 'cosine' },
};

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

const SMALL_BY_METHOD: Partial<Record<LocomotionMethodId, Partial<PresetSettings>>> = {
  // Data collected here are of linear policies, narrow beside D4RL's: with the published η the policy leaves them.
  'diffusion-ql': { eta: 0.1 },
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
  const paper = { ...PAPER, gradientClip, ...PAPER_BY_METHOD[method] };
  if (preset === 'paper') return paper;
  return {
    ...paper,
    ...SMALL,
    ...SMALL_BY_METHOD[method],
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
  return method === 'diffusion-ql' || method === 'diffusion-bc' ? 2_000_000 : 1_000_000;
}

/** Gradient steps between two evaluations: 50 epochs as published. */
export const PRESET_EVALUATION: Readonly<Record<LocomotionPresetId, { every: number; episodes: number }>> = {
  paper: { every: 50 * EPOCH_STEPS, episodes: 10 },
  small: { every: 2000, episodes: 10 },
};

/**
 * An experiment is a plain value, which links, forms, command lines and checkpoints store.
 */
import { METHOD_IDS, type MethodId } from './methods.ts';
import { placementModes, type BanditData } from '../datasets/bandit.ts';
import { PRESET_BUDGET, presetSettings, type PresetId } from './presets.ts';
import type { Settings } from './settings.ts';
import { MAX_SEED } from '../experiment/field-rules.ts';

export type { BanditData } from '../datasets/bandit.ts';

export const EXPERIMENT_VERSION = 1;
export const MAX_BUDGET = 1_000_000;
/** Whole numbers; a budget of 0 shows every method as it was made. */
export const EXPERIMENT_BOUNDS = {
  seed: { min: 0, max: MAX_SEED },
  budget: { min: 0, max: MAX_BUDGET },
} as const;

export interface Experiment {
  version: typeof EXPERIMENT_VERSION;
  task: 'bandit';
  data: BanditData;
  /** Methods that train, in the catalogue's order. */
  methods: MethodId[];
  preset: PresetId;
  /** What differs from the preset. A value applies to every method that reads it. */
  settings: Partial<Settings>;
  /** 32-bit unsigned. */
  seed: number;
  /** Gradient steps after which each method stops. */
  budget: number;
  /** Methods keep the same number of steps, or get the same time each. */
  race: 'steps' | 'seconds';
}

/** The experiment of a first visit: the paper's figure, corners, fast preset. */
export function defaultExperiment(): Experiment {
  return {
    version: EXPERIMENT_VERSION,
    task: 'bandit',
    data: { placement: 'corners', modes: placementModes('corners'), painted: [] },
    methods: [...METHOD_IDS],
    preset: 'fast',
    settings: {},
    seed: 0,
    budget: PRESET_BUDGET.fast,
    race: 'steps',
  };
}

/** Every setting of one method: the preset's, with the experiment's own on top. */
export function methodSettings(experiment: Experiment, method: MethodId): Settings {
  return { ...presetSettings(experiment.preset, method), ...experiment.settings };
}

/** `count` consecutive seeds; the largest seed is followed by 0. */
export function seedsFrom(seed: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (seed + i) % (MAX_SEED + 1));
}

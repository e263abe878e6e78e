/** A locomotion experiment: one plain value that link, form, command line and checkpoint carry. */
import { z } from 'zod';
import { experimentProblems } from '../experiment/schema-errors.ts';
import { choiceSchema, MAX_SEED, numberSchema, settingSchema, type NumberRule } from '../experiment/field-rules.ts';
import { describeValue } from '../experiment/unknown-values.ts';
import { LOCOMOTION_METHOD_IDS, locomotionReads, type LocomotionMethodId } from './methods.ts';
import {
  LOCOMOTION_PRESETS,
  locomotionBudget,
  locomotionPreset,
  PRESET_EVALUATION,
  type LocomotionPresetId,
} from './presets.ts';
import { LOCOMOTION_FIELDS, type LocomotionKey, type LocomotionSettings } from './settings.ts';
import { LOCOMOTION_TASK_IDS, type LocomotionTaskId } from './tasks.ts';

export const LOCOMOTION_VERSION = 1;
const MAX_LOCOMOTION_BUDGET = 10_000_000;

export interface LocomotionExperiment {
  version: typeof LOCOMOTION_VERSION;
  task: LocomotionTaskId;
  method: LocomotionMethodId;
  preset: LocomotionPresetId;
  /** Differences from the preset. */
  settings: Partial<LocomotionSettings>;
  /** 32-bit unsigned. */
  seed: number;
  /** Gradient steps after which it stops. */
  budget: number;
  /** Gradient steps between evaluations, and their episodes. */
  evaluation: { every: number; episodes: number };
}

const SEED: NumberRule = { min: 0, max: MAX_SEED, integer: true };
const BUDGET: NumberRule = { min: 0, max: MAX_LOCOMOTION_BUDGET, integer: true };
const EVERY: NumberRule = { min: 1, max: MAX_LOCOMOTION_BUDGET, integer: true };
const EPISODES: NumberRule = { min: 1, max: 1000, integer: true };
export const LOCOMOTION_RULES = { seed: SEED, budget: BUDGET, every: EVERY, episodes: EPISODES } as const;

const locomotionSchema = z.strictObject({
  version: z.literal(LOCOMOTION_VERSION, { error: String(LOCOMOTION_VERSION) }),
  task: choiceSchema(LOCOMOTION_TASK_IDS),
  method: choiceSchema(LOCOMOTION_METHOD_IDS),
  preset: choiceSchema(LOCOMOTION_PRESETS),
  settings: z.strictObject(
    Object.fromEntries(LOCOMOTION_FIELDS.map((field) => [field.key, settingSchema(field).optional()])),
  ),
  seed: numberSchema(SEED),
  budget: numberSchema(BUDGET),
  evaluation: z.strictObject({ every: numberSchema(EVERY), episodes: numberSchema(EPISODES) }),
});

/** A preset's experiment for a task and a method, seed 0. */
export function presetLocomotion(
  task: LocomotionTaskId,
  method: LocomotionMethodId,
  preset: LocomotionPresetId,
): LocomotionExperiment {
  return {
    version: LOCOMOTION_VERSION,
    task,
    method,
    preset,
    settings: {},
    seed: 0,
    budget: locomotionBudget(preset, task, method),
    evaluation: { ...PRESET_EVALUATION[preset] },
  };
}

/** All settings: the preset's, overridden by the experiment's. A decaying rate decays over the whole run. */
export function locomotionSettings(experiment: LocomotionExperiment): LocomotionSettings {
  const { preset, task, method, settings, budget } = experiment;
  return { ...locomotionPreset(preset, task, method), decaySteps: Math.max(1, budget), ...settings };
}

/** Settings that differ from the preset, restricted to those that the method reads. */
export function ownSettings(experiment: LocomotionExperiment): [LocomotionKey, string | number | boolean][] {
  const preset = locomotionSettings({ ...experiment, settings: {} });
  const read = LOCOMOTION_FIELDS.filter((field) => locomotionReads(experiment.method, field.key));
  return read.flatMap(({ key }): [LocomotionKey, string | number | boolean][] => {
    const value = experiment.settings[key];
    return value === undefined || value === preset[key] ? [] : [[key, value]];
  });
}

/**
 * Validates an experiment.
 *
 * @throws Error that lists each wrong field, its value, and what was expected.
 */
export function validateLocomotion(raw: unknown): LocomotionExperiment {
  const result = locomotionSchema.safeParse(raw);
  if (result.success) return result.data as LocomotionExperiment;
  throw new Error(experimentProblems(result.error, raw));
}

/**
 * Fields in which two experiments differ, as "eta: 1 there, 2 here"; empty if none do. Budget and evaluation are ignored,
 * because a run may be extended and evaluated differently; but the budget counts if a rate decays over it.
 */
export function differences(there: LocomotionExperiment, here: LocomotionExperiment): string[] {
  const found: string[] = [];
  const compare = (name: string, a: unknown, b: unknown) => {
    if (a !== b) found.push(`${name}: ${describeValue(a)} there, ${describeValue(b)} here`);
  };
  for (const key of ['task', 'method', 'preset', 'seed'] as const) compare(key, there[key], here[key]);
  if (there.task !== here.task || there.method !== here.method) return found;
  const [a, b] = [locomotionSettings(there), locomotionSettings(here)];
  const read = LOCOMOTION_FIELDS.filter((field) => locomotionReads(here.method, field.key));
  for (const { key, name } of read) {
    if (key !== 'decaySteps' || a.decay !== 'none') compare(name, a[key], b[key]);
  }
  return found;
}

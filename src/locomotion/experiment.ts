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
  /** What differs from the preset. */
  settings: Partial<LocomotionSettings>;
  /** 32-bit unsigned. */
  seed: number;
  /** Gradient steps after which it stops. */
  budget: number;
  /** An evaluation after so many steps, of so many episodes. */
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

/** The experiment of a task and a method as a preset has it, seed 0. */
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

/** Every setting: the preset's, with the experiment's own on top. A rate that decays does so over the whole run. */
export function locomotionSettings(experiment: LocomotionExperiment): LocomotionSettings {
  const { preset, task, method, settings, budget } = experiment;
  return { ...locomotionPreset(preset, task, method), decaySteps: Math.max(1, budget), ...settings };
}

/** What an experiment has otherwise than its preset, as far as its method reads it: a file may carry more. */
export function ownSettings(experiment: LocomotionExperiment): [LocomotionKey, string | number | boolean][] {
  const preset = locomotionSettings({ ...experiment, settings: {} });
  const read = LOCOMOTION_FIELDS.filter((field) => locomotionReads(experiment.method, field.key));
  return read.flatMap(({ key }): [LocomotionKey, string | number | boolean][] => {
    const value = experiment.settings[key];
    return value === undefined || value === preset[key] ? [] : [[key, value]];
  });
}

/**
 * The experiment, if it is right in every field.
 *
 * @throws Error that lists each wrong field, what it holds, and what would be right.
 */
export function validateLocomotion(raw: unknown): LocomotionExperiment {
  const result = locomotionSchema.safeParse(raw);
  if (result.success) return result.data as LocomotionExperiment;
  throw new Error(experimentProblems(result.error, raw));
}

/**
 * Fields in which two experiments differ, as "eta: 1 there, 2 here"; empty if they are the same. Budget and evaluation
 * may differ (a run may go on for longer and be looked at otherwise), but where a rate decays over the budget, that is
 * another setting.
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

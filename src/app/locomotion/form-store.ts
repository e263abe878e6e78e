/** What the form asks for besides the experiment, and how it changes the experiment. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { presetLocomotion, type LocomotionExperiment } from '../../locomotion/experiment.ts';
import { LOCOMOTION_METHODS, type LocomotionMethodId } from '../../locomotion/methods.ts';
import { locomotionPreset } from '../../locomotion/presets.ts';
import type { LocomotionField, LocomotionKey, LocomotionSettings } from '../../locomotion/settings.ts';
import { locomotionStore } from './locomotion-store.ts';

/** As published. */
const MANY = 50;

const formStore = createStore<{ many: boolean }>()(() => ({ many: true }));

export function useMany(): boolean {
  return useStore(formStore, ({ many }) => many);
}

export function setMany(many: boolean): void {
  formStore.setState({ many });
}

/** Numbers of candidates that a method is evaluated with. @param many whether also with 50, if it chooses among them. */
export function candidatesOf(method: LocomotionMethodId, many: boolean): number[] {
  return method === 'diffusion-ql' && many ? [1, MANY] : [1];
}

/** Those of the form's run. */
export function candidatesWanted(): number[] {
  return candidatesOf(locomotionStore.getState().method, formStore.getState().many);
}

/**
 * Another task, method or preset: what belongs to the preset follows it, what the visitor set stays as far as the method
 * has it.
 */
export function turnExperiment(
  experiment: LocomotionExperiment,
  change: Partial<Pick<LocomotionExperiment, 'task' | 'method' | 'preset'>>,
): LocomotionExperiment {
  const before = presetLocomotion(experiment.task, experiment.method, experiment.preset);
  const turned = { ...experiment, ...change };
  const after = presetLocomotion(turned.task, turned.method, turned.preset);
  const isOwn = experiment.budget !== before.budget;
  const { every, episodes } = experiment.evaluation;
  return {
    ...turned,
    budget: isOwn ? experiment.budget : after.budget,
    evaluation: {
      every: every === before.evaluation.every ? after.evaluation.every : every,
      episodes: episodes === before.evaluation.episodes ? after.evaluation.episodes : episodes,
    },
  };
}

/** What the preset has for a setting. */
export function presetValue(experiment: LocomotionExperiment, key: LocomotionKey): string | number | boolean {
  const { preset, task, method, budget } = experiment;
  return key === 'decaySteps' ? Math.max(1, budget) : locomotionPreset(preset, task, method)[key];
}

/** A setting changed, or back at its preset's where it is the same. */
export function withSetting(
  experiment: LocomotionExperiment,
  { key }: LocomotionField,
  value: string | number | boolean | null,
): LocomotionExperiment {
  const settings: Partial<LocomotionSettings> = { ...experiment.settings };
  if (value === null || value === presetValue(experiment, key)) delete settings[key];
  else Object.assign(settings, { [key]: value });
  return { ...experiment, settings };
}

/** What to expect of a preset, in a sentence. */
export function expectation({ preset, method }: LocomotionExperiment): string {
  const { name } = LOCOMOTION_METHODS[method];
  return preset === 'small'
    ? `Small networks and few steps: without a GPU ${name} takes ${method === 'diffusion-ql' ? 'some minutes' : 'a minute or two'}. What it scores is not comparable with what is published.`
    : 'The published hyperparameters, for a GPU and D4RL’s own data: hours even there, and days without one.';
}

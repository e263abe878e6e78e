/** State of the form besides the experiment, and changes of the experiment. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { presetLocomotion, type LocomotionExperiment } from '../../locomotion/experiment.ts';
import { LOCOMOTION_METHODS, type LocomotionMethodId } from '../../locomotion/methods.ts';
import { locomotionPreset } from '../../locomotion/presets.ts';
import type { LocomotionField, LocomotionKey, LocomotionSettings } from '../../locomotion/settings.ts';
import { locomotionStore } from './locomotion-store.ts';

/** Candidates as published. */
const MANY = 50;

const formStore = createStore<{ many: boolean }>()(() => ({ many: true }));

export function useManyCandidates(): boolean {
  return useStore(formStore, ({ many }) => many);
}

export function setManyCandidates(many: boolean): void {
  formStore.setState({ many });
}

/** The numbers of candidates to evaluate with. @param many whether also with 50, if the method chooses among them. */
export function evaluationCandidates(method: LocomotionMethodId, many: boolean): number[] {
  return method === 'diffusion-ql' && many ? [1, MANY] : [1];
}

/** The numbers of candidates that the form asks for. */
export function formCandidates(): number[] {
  return evaluationCandidates(locomotionStore.getState().method, formStore.getState().many);
}

/**
 * Changes task, method or preset. Values that equal the preset follow the new preset; values that the visitor set stay
 * if the method has them.
 */
export function changeExperiment(
  experiment: LocomotionExperiment,
  change: Partial<Pick<LocomotionExperiment, 'task' | 'method' | 'preset'>>,
): LocomotionExperiment {
  const before = presetLocomotion(experiment.task, experiment.method, experiment.preset);
  const changed = { ...experiment, ...change };
  const after = presetLocomotion(changed.task, changed.method, changed.preset);
  const isOwn = experiment.budget !== before.budget;
  const { every, episodes } = experiment.evaluation;
  return {
    ...changed,
    budget: isOwn ? experiment.budget : after.budget,
    evaluation: {
      every: every === before.evaluation.every ? after.evaluation.every : every,
      episodes: episodes === before.evaluation.episodes ? after.evaluation.episodes : episodes,
    },
  };
}

/** The value of a setting in the preset. */
export function presetValue(experiment: LocomotionExperiment, key: LocomotionKey): string | number | boolean {
  const { preset, task, method, budget } = experiment;
  return key === 'decaySteps' ? Math.max(1, budget) : locomotionPreset(preset, task, method)[key];
}

/** Sets a setting; null, or the value of the preset, removes it. */
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

/** What to expect of a preset. */
export function expectation({ preset, method }: LocomotionExperiment): string {
  const { name } = LOCOMOTION_METHODS[method];
  return preset === 'small'
    ? `Small networks and few steps: without a GPU ${name} takes ${method === 'diffusion-ql' ? 'some minutes' : 'a minute or two'}. What it scores is not comparable with what is published.`
    : 'The published hyperparameters, for a GPU and D4RL’s own data: hours even there, and days without one.';
}

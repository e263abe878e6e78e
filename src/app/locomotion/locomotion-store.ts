/** The experiment of the locomotion page, as in its form and its link. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { presetLocomotion, type LocomotionExperiment } from '../../locomotion/experiment.ts';

/** What the page opens with: the task whose data come with the page. */
export const DEFAULT_LOCOMOTION = presetLocomotion('hopper-medium-expert', 'diffusion-ql', 'small');

export const locomotionStore = createStore<LocomotionExperiment>()(() => DEFAULT_LOCOMOTION);

export function useLocomotion<Selected>(select: (experiment: LocomotionExperiment) => Selected): Selected {
  return useStore(locomotionStore, select);
}

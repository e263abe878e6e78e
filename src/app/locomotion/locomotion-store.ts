/** The experiment of the locomotion page, as in its form and its link. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { LocomotionExperiment } from '../../locomotion/experiment.ts';
import { DEFAULT_LOCOMOTION } from '../link.ts';

export const locomotionStore = createStore<LocomotionExperiment>()(() => DEFAULT_LOCOMOTION);

export function useLocomotion<Selected>(select: (experiment: LocomotionExperiment) => Selected): Selected {
  return useStore(locomotionStore, select);
}

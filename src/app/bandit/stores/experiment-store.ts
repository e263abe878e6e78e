/** The page's `Experiment`. Only the session changes it, so that the engine always has the same one. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { defaultExperiment, type Experiment } from '../../../bandit/experiment.ts';

export const experimentStore = createStore<Experiment>()(() => defaultExperiment());

export function useExperiment<Selected>(select: (experiment: Experiment) => Selected): Selected {
  return useStore(experimentStore, select);
}

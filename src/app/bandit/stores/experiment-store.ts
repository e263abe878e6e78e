/** The one `Experiment` value that the page holds. Only the session changes it, so that the engine never lags behind. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { defaultExperiment, type Experiment } from '../../../bandit/experiment.ts';

export const experimentStore = createStore<Experiment>()(() => defaultExperiment());

export function useExperiment<Selected>(select: (experiment: Experiment) => Selected): Selected {
  return useStore(experimentStore, select);
}

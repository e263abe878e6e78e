/** State of the locomotion page: the open run, the stored runs, and messages. It outlives the page, as a run does. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { StoredRun } from '../../locomotion/stored-run.ts';
import { type Compiling, RUNS_CHANNEL, type TrainingProgress } from '../../locomotion/training-protocol.ts';
import { askRuns } from './training-client.ts';

type TrainingStatus = 'idle' | 'opening' | 'running' | 'paused' | 'finished' | 'stored' | 'failed';

export interface TrainingState {
  /** `stored`: a saved run is shown, and no worker has it open. */
  status: TrainingStatus;
  run: StoredRun | null;
  progress: Omit<TrainingProgress, 'type'> | null;
  /** Progress of the shaders, while a run is opened on a GPU. */
  compiling: Compiling | null;
  evaluating: { step: number; episodes: number; total: number } | null;
  /** The step of the last checkpoint. */
  saved: number | null;
  unsaved: string | null;
  /** The last error: what failed, in a sentence, and why. */
  error: { what: string; why: string } | null;
  diverged: { quantity: string; step: number } | null;
  /** All stored runs; null until they are known. */
  runs: readonly StoredRun[] | null;
  /** The last success, for screen readers. */
  announcement: string;
  /** A message that is no error. */
  note: string | null;
  /** Whether training continues while the tab is hidden. */
  runsWhileHidden: boolean;
}

export const NOTHING_OPEN = {
  status: 'idle',
  run: null,
  progress: null,
  compiling: null,
  evaluating: null,
  saved: null,
  unsaved: null,
  diverged: null,
} as const satisfies Partial<TrainingState>;

/** Minimum interval between two updates of the store. */
const UPDATE_MS = 100;

export const trainingStore = createStore<TrainingState>()(() => ({
  ...NOTHING_OPEN,
  error: null,
  runs: null,
  announcement: '',
  note: null,
  runsWhileHidden: false,
}));

export function useTraining<Selected>(select: (state: TrainingState) => Selected): Selected {
  return useStore(trainingStore, select);
}

export function reportRunError(what: string, error: unknown): void {
  trainingStore.setState({ error: { what, why: error instanceof Error ? error.message : String(error) } });
}

/** Changes that are not in the store yet. */
let pending: Partial<TrainingState> = {};
let timer: ReturnType<typeof setTimeout> | null = null;

/** The state with pending changes applied. */
export function currentState(): TrainingState {
  return { ...trainingStore.getState(), ...pending };
}

/** Applies pending changes at once. */
export function flushUpdates(): void {
  if (timer !== null) clearTimeout(timer);
  timer = null;
  const change = pending;
  pending = {};
  trainingStore.setState(change);
}

/** Queues a change of the state. @param now whether it is applied at once. */
export function queueUpdate(change: Partial<TrainingState>, now: boolean): void {
  pending = { ...pending, ...change };
  if (now) flushUpdates();
  else timer ??= setTimeout(flushUpdates, UPDATE_MS);
}

export async function refreshRuns(): Promise<void> {
  try {
    trainingStore.setState({ runs: await askRuns((library) => library.list()) });
  } catch (error) {
    trainingStore.setState({ runs: [] });
    reportRunError('The runs of this browser could not be listed.', error);
  }
}

/** Follows changes of the list by any tab. Returns a function that stops it. */
export function followRuns(): () => void {
  const channel = new BroadcastChannel(RUNS_CHANNEL);
  channel.onmessage = () => void refreshRuns();
  return () => channel.close();
}

export function dismissNotice(what: 'error' | 'note' | 'unsaved'): void {
  trainingStore.setState({ [what]: null });
}

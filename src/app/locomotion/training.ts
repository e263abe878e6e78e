/**
 * What the page of locomotion knows of the run that is open, and what it does with runs. It outlives the page: a run goes
 * on while another page is looked at.
 */
import { proxy } from 'comlink';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { NetworkPolicy } from '../../environments/rollouts/network-policy.ts';
import { decodeCheckpoint } from '../../locomotion/checkpoint-file.ts';
import { addLine } from '../../locomotion/loss-log.ts';
import { policyOf, type Acting } from '../../locomotion/policy.ts';
import type { LocomotionSettings } from '../../locomotion/settings.ts';
import type { StoredRun } from '../../locomotion/stored-run.ts';
import {
  type Compiling,
  RUNS_CHANNEL,
  type TrainingEvent,
  type TrainingOrder,
  type TrainingProgress,
} from '../../locomotion/training-protocol.ts';
import { keepForOffline } from '../shared/offline.ts';
import { locomotionStore } from './locomotion-store.ts';
import { setView, viewStore } from '../shared/view-store.ts';
import { datasetOf } from './data-choices.ts';
import { askRuns, connectTraining, type TrainingConnection } from './training-client.ts';

export type TrainingStatus = 'idle' | 'opening' | 'running' | 'paused' | 'finished' | 'stored' | 'failed';

export interface TrainingState {
  /** `stored`: a run is shown as it was saved, and no worker holds it. */
  status: TrainingStatus;
  run: StoredRun | null;
  progress: Omit<TrainingProgress, 'type'> | null;
  /** While a run is opened on a GPU. */
  compiling: Compiling | null;
  evaluating: { step: number; episodes: number; total: number } | null;
  /** The step of the last checkpoint. */
  saved: number | null;
  unsaved: string | null;
  /** What did not work, in words. */
  trouble: { what: string; why: string } | null;
  diverged: { quantity: string; step: number } | null;
  /** All that the browser keeps; null until they are known. */
  runs: readonly StoredRun[] | null;
  /** What went well, for those who do not see it. */
  said: string;
  /** Worth knowing. */
  note: string | null;
  /** Whether it trains on while the tab is hidden. */
  hiddenGoesOn: boolean;
}

const NOTHING_OPEN = {
  status: 'idle',
  run: null,
  progress: null,
  compiling: null,
  evaluating: null,
  saved: null,
  unsaved: null,
  diverged: null,
} as const satisfies Partial<TrainingState>;

/** The page is told no oftener. */
const TELL_MS = 100;

export const trainingStore = createStore<TrainingState>()(() => ({
  ...NOTHING_OPEN,
  trouble: null,
  runs: null,
  said: '',
  note: null,
  hiddenGoesOn: false,
}));

export function useTraining<Selected>(select: (state: TrainingState) => Selected): Selected {
  return useStore(trainingStore, select);
}

let connection: TrainingConnection | null = null;

function failed(what: string, error: unknown): void {
  trainingStore.setState({ trouble: { what, why: error instanceof Error ? error.message : String(error) } });
}

/** What has come since the page was told. */
let news: Partial<TrainingState> = {};
let timer: ReturnType<typeof setTimeout> | null = null;

function current(): TrainingState {
  return { ...trainingStore.getState(), ...news };
}

function flush(): void {
  if (timer !== null) clearTimeout(timer);
  timer = null;
  const change = news;
  news = {};
  trainingStore.setState(change);
}

function tell(change: Partial<TrainingState>, now: boolean): void {
  news = { ...news, ...change };
  if (now) flush();
  else timer ??= setTimeout(flush, TELL_MS);
}

function hear(event: TrainingEvent): void {
  const { run } = current();
  switch (event.type) {
    case 'compiling': {
      const { type: _type, ...compiling } = event;
      tell({ compiling }, false);
      break;
    }
    case 'opened':
      tell({ run: event.run, status: 'paused', saved: event.run.step, compiling: null }, true);
      setView({ run: event.run.key });
      keepForOffline([]);
      break;
    case 'state':
      tell(
        { status: event.state, ...(event.state === 'finished' && { evaluating: null, said: 'The run is finished.' }) },
        true,
      );
      if (event.state !== 'running') void refreshRuns();
      break;
    case 'progress': {
      const { type: _type, ...progress } = event;
      if (run) tell({ progress, run: { ...run, step: event.step, seconds: event.seconds } }, false);
      break;
    }
    case 'line':
      if (run) tell({ run: { ...run, losses: addLine(run.losses, event.line) } }, false);
      break;
    case 'point':
      if (run) tell({ run: { ...run, points: [...run.points, event.point] }, evaluating: null }, true);
      break;
    case 'best':
      if (run) tell({ run: { ...run, best: event.step } }, false);
      break;
    case 'evaluating': {
      const { type: _type, ...evaluating } = event;
      tell({ evaluating }, false);
      break;
    }
    case 'saved':
      tell({ saved: event.step, unsaved: null }, false);
      break;
    case 'unsaved':
      tell({ unsaved: event.message }, true);
      break;
    case 'diverged':
      tell({ diverged: event, status: 'failed' }, true);
      disconnect();
      break;
    case 'lost':
      void takeUp(event.message);
      break;
    case 'failed':
      crashed(event.message);
      break;
  }
}

function crashed(message: string): void {
  disconnect();
  tell({ status: trainingStore.getState().run ? 'failed' : 'idle' }, true);
  failed('The run stopped.', new Error(`${message} What was saved last is kept; go on from there.`));
}

/** Where a run was taken up last; from there it is not taken up twice. */
let takenUp: { key: string; step: number } | null = null;

/** The GPU went away: a run that was training is taken up again from its last checkpoint, on a new device. */
async function takeUp(message: string): Promise<void> {
  const { run, saved, status } = current();
  const again = takenUp !== null && takenUp.key === run?.key && takenUp.step === saved;
  if (!run || saved === null || status !== 'running' || again) {
    crashed(message);
    return;
  }
  disconnect();
  takenUp = { key: run.key, step: saved };
  await goOn();
  if (!connection) return;
  trainingStore.setState({ note: `${message} The run went on from step ${saved.toLocaleString('en-US')}.` });
}

function disconnect(): void {
  connection?.end();
  connection = null;
}

async function open(order: TrainingOrder): Promise<boolean> {
  disconnect();
  flush();
  trainingStore.setState({
    status: 'opening',
    trouble: null,
    note: null,
    unsaved: null,
    diverged: null,
    evaluating: null,
    progress: null,
    compiling: null,
  });
  connection = connectTraining(crashed);
  try {
    // Asked before much is stored: without it a browser short of space may clear the page's files.
    void navigator.storage?.persist?.().catch(() => false);
    await connection.remote.open(order, proxy(hear));
    return true;
  } catch (error) {
    disconnect();
    tell({ status: order.kind === 'resume' ? 'stored' : 'idle' }, true);
    failed('The run could not be opened.', error);
    return false;
  }
}

/** Begins a run of the form's experiment. @param dataset the key of a stored dataset. */
export async function begin(dataset: string, candidates: number[]): Promise<void> {
  const experiment = locomotionStore.getState();
  const backend = viewStore.getState().engine;
  if (await open({ kind: 'begin', experiment, dataset, candidates, backend })) {
    trainingStore.setState({ said: 'Training.' });
    await connection?.remote.play();
  }
}

/** Goes on with the run on show. */
export async function goOn(): Promise<void> {
  const { run, status } = trainingStore.getState();
  if (!run) return;
  // A pause that is not through yet is overtaken.
  if (connection && (status === 'paused' || status === 'running')) {
    trainingStore.setState({ said: 'Training goes on.' });
    await connection.remote.play();
    return;
  }
  try {
    const dataset = await datasetOf(run.dataset);
    if (await open({ kind: 'resume', key: run.key, dataset })) await connection?.remote.play();
  } catch (error) {
    failed('The run cannot go on.', error);
  }
}

/** Resolves once the run is saved. */
export async function pause(): Promise<void> {
  if (trainingStore.getState().status !== 'running') return;
  await connection?.remote.pause();
  const { unsaved } = current();
  trainingStore.setState({
    said: unsaved === null ? 'Paused, and saved.' : 'Paused; the checkpoint could not be written.',
  });
}

/** Saves and closes what is open; the form is free again. */
export async function closeRun(): Promise<void> {
  const closing = connection;
  if (closing) {
    try {
      await closing.remote.close();
    } catch (error) {
      failed('The run could not be saved.', error);
    }
    disconnect();
  }
  flush();
  trainingStore.setState({ ...NOTHING_OPEN, note: null });
  setView({ run: null });
  await refreshRuns();
}

/** Shows a stored run. */
export async function showRun(key: string): Promise<void> {
  if (trainingStore.getState().run?.key === key) return;
  await closeRun();
  const run = trainingStore.getState().runs?.find((each) => each.key === key);
  if (!run) {
    failed('The run could not be opened.', new Error('This browser does not keep the run that the link names.'));
    return;
  }
  locomotionStore.setState(run.experiment, true);
  trainingStore.setState({
    ...NOTHING_OPEN,
    run,
    status: run.step >= run.experiment.budget ? 'finished' : 'stored',
    saved: run.step,
  });
  setView({ run: key });
}

/** Changes a setting of the run while it trains. */
export async function configure(settings: Partial<LocomotionSettings>): Promise<void> {
  const { run } = trainingStore.getState();
  if (!connection || !run) return;
  await connection.remote.configure(settings);
  flush();
  const { run: now } = trainingStore.getState();
  if (now) trainingStore.setState({ run: { ...now, live: [...now.live, { step: now.step, settings }] } });
}

/** The policy of the run on show; null where there is none. */
export async function shownPolicy(acting: Acting): Promise<{ step: number; policy: NetworkPolicy } | null> {
  const { run, status } = trainingStore.getState();
  if (connection && status !== 'opening') return connection.remote.policy(acting);
  if (!run) return null;
  const checkpoint = decodeCheckpoint(await askRuns((library) => library.checkpoint(run.key)));
  return { step: checkpoint.step, policy: policyOf(checkpoint, acting) };
}

/** The whole run as a file: of one that trains as it is now, else as it was saved. */
export async function checkpointOf(key: string): Promise<Uint8Array> {
  const { run } = trainingStore.getState();
  if (connection && run?.key === key) return connection.remote.checkpoint();
  return askRuns((library) => library.checkpoint(key));
}

/** The policy of the run's best point, as a file. @throws Error if none is kept. */
export function bestOf(key: string): Promise<Uint8Array> {
  return askRuns((library) => library.best(key));
}

/** Stores a checkpoint that comes as a file, and shows it. */
export async function importCheckpoint(file: File): Promise<void> {
  trainingStore.setState({ trouble: null, note: null });
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const { run, differences } = await askRuns((library) => library.take(bytes, locomotionStore.getState()));
    await refreshRuns();
    await showRun(run.key);
    const other =
      differences.length > 0
        ? ` It is of another experiment than the form showed (${differences.join('; ')}); the form shows its own now.`
        : '';
    trainingStore.setState({
      note: `${file.name} is stored as a run of its own, at step ${run.step.toLocaleString('en-US')}.${other}`,
    });
  } catch (error) {
    failed(`${file.name} could not be imported.`, error);
  }
}

export async function removeRun(key: string): Promise<void> {
  try {
    if (trainingStore.getState().run?.key === key) await closeRun();
    await askRuns((library) => library.remove(key));
    trainingStore.setState({ said: 'The run was deleted.' });
  } catch (error) {
    failed('The run could not be deleted.', error);
  }
  await refreshRuns();
}

export async function refreshRuns(): Promise<void> {
  try {
    trainingStore.setState({ runs: await askRuns((library) => library.list()) });
  } catch (error) {
    trainingStore.setState({ runs: [] });
    failed('The runs of this browser could not be listed.', error);
  }
}

/** Follows what any tab does to the list. Gives back what stops it. */
export function followRuns(): () => void {
  const channel = new BroadcastChannel(RUNS_CHANNEL);
  channel.onmessage = () => void refreshRuns();
  return () => channel.close();
}

export function dismiss(what: 'trouble' | 'note' | 'unsaved'): void {
  trainingStore.setState({ [what]: null });
}

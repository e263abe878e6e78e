/** Trains, pauses, resumes and closes a run. Training continues while another page is shown. */
import { proxy } from 'comlink';
import type { NetworkPolicy } from '../../environments/rollouts/network-policy.ts';
import { decodeCheckpoint } from '../../locomotion/checkpoint-file.ts';
import { addLine } from '../../locomotion/loss-log.ts';
import { policyOf, type Acting } from '../../locomotion/policy.ts';
import type { LocomotionSettings } from '../../locomotion/settings.ts';
import type { TrainingEvent, TrainingOrder } from '../../locomotion/training-protocol.ts';
import { keepForOffline } from '../shared/offline.ts';
import { locomotionStore } from './locomotion-store.ts';
import { setView, viewStore } from '../shared/view-store.ts';
import { storedDatasetKey } from './data-choices.ts';
import { askRuns, connectTraining, type TrainingConnection } from './training-client.ts';
import {
  currentState,
  flushUpdates,
  NOTHING_OPEN,
  refreshRuns,
  reportRunError,
  trainingStore,
  queueUpdate,
} from './training-store.ts';

let connection: TrainingConnection | null = null;

function onEvent(event: TrainingEvent): void {
  const { run } = currentState();
  switch (event.type) {
    case 'compiling': {
      const { type: _type, ...compiling } = event;
      queueUpdate({ compiling }, false);
      break;
    }
    case 'opened':
      queueUpdate({ run: event.run, status: 'paused', saved: event.run.step, compiling: null }, true);
      setView({ run: event.run.key });
      keepForOffline([]);
      break;
    case 'state':
      queueUpdate(
        {
          status: event.state,
          ...(event.state === 'finished' && { evaluating: null, announcement: 'The run is finished.' }),
        },
        true,
      );
      if (event.state !== 'running') void refreshRuns();
      break;
    case 'progress': {
      const { type: _type, ...progress } = event;
      if (run) queueUpdate({ progress, run: { ...run, step: event.step, seconds: event.seconds } }, false);
      break;
    }
    case 'line':
      if (run) queueUpdate({ run: { ...run, losses: addLine(run.losses, event.line) } }, false);
      break;
    case 'point':
      if (run) queueUpdate({ run: { ...run, points: [...run.points, event.point] }, evaluating: null }, true);
      break;
    case 'best':
      if (run) queueUpdate({ run: { ...run, best: event.step } }, false);
      break;
    case 'evaluating': {
      const { type: _type, ...evaluating } = event;
      queueUpdate({ evaluating }, false);
      break;
    }
    case 'saved':
      queueUpdate({ saved: event.step, unsaved: null }, false);
      break;
    case 'unsaved':
      queueUpdate({ unsaved: event.message }, true);
      break;
    case 'diverged':
      queueUpdate({ diverged: event, status: 'failed' }, true);
      disconnect();
      break;
    case 'lost':
      void recoverFromDeviceLoss(event.message);
      break;
    case 'failed':
      handleCrash(event.message);
      break;
  }
}

function handleCrash(message: string): void {
  disconnect();
  queueUpdate({ status: trainingStore.getState().run ? 'failed' : 'idle' }, true);
  reportRunError('The run stopped.', new Error(`${message} The last checkpoint is kept; resume from there.`));
}

/** The checkpoint of the last recovery; a run recovers from a checkpoint only once. */
let recoveredFrom: { key: string; step: number } | null = null;

/** The GPU was lost: a training run resumes from its last checkpoint on a new device, once per checkpoint. */
async function recoverFromDeviceLoss(message: string): Promise<void> {
  const { run, saved, status } = currentState();
  const recoveredHere = recoveredFrom !== null && recoveredFrom.key === run?.key && recoveredFrom.step === saved;
  if (!run || saved === null || status !== 'running' || recoveredHere) {
    handleCrash(message);
    return;
  }
  disconnect();
  recoveredFrom = { key: run.key, step: saved };
  await resumeRun();
  if (!connection) return;
  trainingStore.setState({ note: `${message} The run resumed from step ${saved.toLocaleString('en-US')}.` });
}

function disconnect(): void {
  connection?.end();
  connection = null;
}

async function openRun(order: TrainingOrder): Promise<boolean> {
  disconnect();
  flushUpdates();
  trainingStore.setState({
    status: 'opening',
    error: null,
    note: null,
    unsaved: null,
    diverged: null,
    evaluating: null,
    progress: null,
    compiling: null,
  });
  connection = connectTraining(handleCrash);
  try {
    // Requested before much is stored: otherwise a browser short of space may delete the files.
    void navigator.storage?.persist?.().catch(() => false);
    await connection.remote.open(order, proxy(onEvent));
    return true;
  } catch (error) {
    disconnect();
    queueUpdate({ status: order.kind === 'resume' ? 'stored' : 'idle' }, true);
    reportRunError('The run could not be opened.', error);
    return false;
  }
}

/** Starts a run of the form's experiment. @param dataset the key of a stored dataset. */
export async function startRun(dataset: string, candidates: number[]): Promise<void> {
  const experiment = locomotionStore.getState();
  const backend = viewStore.getState().engine;
  if (await openRun({ kind: 'begin', experiment, dataset, candidates, backend })) {
    trainingStore.setState({ announcement: 'Training.' });
    await connection?.remote.play();
  }
}

/** Resumes the shown run, from its last checkpoint if no worker has it open. */
export async function resumeRun(): Promise<void> {
  const { run, status } = trainingStore.getState();
  if (!run) return;
  // Also cancels a pause that has not finished.
  if (connection && (status === 'paused' || status === 'running')) {
    trainingStore.setState({ announcement: 'Training resumed.' });
    await connection.remote.play();
    return;
  }
  try {
    const dataset = await storedDatasetKey(run.dataset);
    if (await openRun({ kind: 'resume', key: run.key, dataset })) await connection?.remote.play();
  } catch (error) {
    reportRunError('The run could not be resumed.', error);
  }
}

/** Resolves once the run is saved. */
export async function pauseRun(): Promise<void> {
  if (trainingStore.getState().status !== 'running') return;
  await connection?.remote.pause();
  const { unsaved } = currentState();
  trainingStore.setState({
    announcement: unsaved === null ? 'Paused, and saved.' : 'Paused; the checkpoint could not be written.',
  });
}

/** Saves and closes the open run; the form can be edited again. */
export async function closeRun(): Promise<void> {
  const closing = connection;
  if (closing) {
    try {
      await closing.remote.close();
    } catch (error) {
      reportRunError('The run could not be saved.', error);
    }
    disconnect();
  }
  flushUpdates();
  trainingStore.setState({ ...NOTHING_OPEN, note: null });
  setView({ run: null });
  await refreshRuns();
}

/** Changes a setting of the run while it trains. */
export async function configureRun(settings: Partial<LocomotionSettings>): Promise<void> {
  const { run } = trainingStore.getState();
  if (!connection || !run) return;
  await connection.remote.configure(settings);
  flushUpdates();
  const { run: now } = trainingStore.getState();
  if (now) trainingStore.setState({ run: { ...now, live: [...now.live, { step: now.step, settings }] } });
}

/** The policy of the shown run; null without a run. */
export async function shownPolicy(acting: Acting): Promise<{ step: number; policy: NetworkPolicy } | null> {
  const { run, status } = trainingStore.getState();
  if (connection && status !== 'opening') return connection.remote.policy(acting);
  if (!run) return null;
  const checkpoint = decodeCheckpoint(await askRuns((library) => library.checkpoint(run.key)));
  return { step: checkpoint.step, policy: policyOf(checkpoint, acting) };
}

/** A checkpoint file of a run: the present state of the open run, else the last saved one. */
export async function checkpointOf(key: string): Promise<Uint8Array> {
  const { run } = trainingStore.getState();
  if (connection && run?.key === key) return connection.remote.checkpoint();
  return askRuns((library) => library.checkpoint(key));
}

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { presetLocomotion } from '../../locomotion/experiment.ts';
import type { StoredRun } from '../../locomotion/stored-run.ts';
import type { TrainingEvent, TrainingOrder } from '../../locomotion/training-protocol.ts';
import { startWakeLock } from './wake-lock.ts';
import { toggleTraining } from './toggle-training.ts';
import { runJsonLines } from './run-export.ts';
import { trainingStore } from './training-store.ts';
import { startRun, configureRun, resumeRun, pauseRun } from './training.ts';

/** Fakes of the workers. */
const workers = vi.hoisted(() => ({
  orders: [] as TrainingOrder[],
  calls: [] as string[],
  ended: 0,
  emit: (_event: TrainingEvent): void => undefined,
  /** The error with which opening a run fails. */
  refusal: null as string | null,
  datasets: [] as { key: string; id: string; about: { counts: { rows: number } } }[],
}));

vi.mock('./training-client.ts', () => ({
  connectTraining: () => ({
    remote: {
      open: (order: TrainingOrder, emit: (event: TrainingEvent) => void) => {
        workers.orders.push(order);
        workers.emit = emit;
        if (workers.refusal !== null) return Promise.reject(new Error(workers.refusal));
        emit({ type: 'opened', run: RUN });
        return Promise.resolve();
      },
      play: () => Promise.resolve(void workers.calls.push('play')),
      pause: () => Promise.resolve(void workers.calls.push('pause')),
      configure: (settings: object) => Promise.resolve(void workers.calls.push(JSON.stringify(settings))),
    },
    end: () => workers.ended++,
  }),
  askRuns: () => Promise.resolve([]),
}));
vi.mock('../shared/library/library-client.ts', () => ({
  askReader: (query: (reader: { list: () => unknown }) => unknown) =>
    query({ list: () => ({ datasets: workers.datasets }) }),
  startJob: () => undefined,
}));

const RUN: StoredRun = {
  key: 'run-1',
  experiment: presetLocomotion('hopper-medium-expert', 'diffusion-ql', 'small'),
  dataset: { id: 'small', environment: 'hopper', rows: 3, meanReturn: 1, provenance: 'made for a test' },
  published: false,
  candidates: [1],
  backend: 'webgpu',
  engine: 'webgpu',
  physics: 'none',
  begun: 0,
  step: 40,
  seconds: 2,
  version: 1,
  losses: [],
  points: [],
  live: [],
  best: null,
};
const STORED = { key: 'k', id: 'small', about: { counts: { rows: 3 } } };

class FakeDocument extends EventTarget {
  hidden = false;

  turn(hidden: boolean): void {
    this.hidden = hidden;
    // A hidden tab loses its lock.
    if (hidden) for (const lock of screenLocks) lock.released = true;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

const page = new FakeDocument();
let screenLocks: { released: boolean; release: () => Promise<void> }[] = [];
let refused = false;

function requestLock(): Promise<(typeof screenLocks)[number]> {
  if (refused) return Promise.reject(new DOMException('Low battery.', 'NotAllowedError'));
  const lock = {
    released: false,
    release() {
      lock.released = true;
      return Promise.resolve();
    },
  };
  screenLocks.push(lock);
  return Promise.resolve(lock);
}

const held = () => screenLocks.filter(({ released }) => !released).length;
const settled = () => new Promise((done) => setTimeout(done, 0));
const emit = async (event: TrainingEvent) => {
  workers.emit(event);
  await settled();
};

beforeEach(async () => {
  vi.stubGlobal('document', page);
  vi.stubGlobal('navigator', { wakeLock: { request: requestLock } });
  startWakeLock();
  Object.assign(workers, { orders: [], calls: [], ended: 0, datasets: [STORED] });
  await startRun('k', [1]);
  await emit({ type: 'state', state: 'running' });
});

afterEach(async () => {
  await emit({ type: 'state', state: 'finished' });
  page.hidden = false;
  screenLocks = [];
  refused = false;
  trainingStore.setState({ run: null, status: 'idle', error: null, unsaved: null, runsWhileHidden: false });
  vi.unstubAllGlobals();
});

describe('a run on the locomotion page', () => {
  it('keeps the screen awake during training, and releases the lock when it is paused or finished', async () => {
    expect(held()).toBe(1);
    await pauseRun();
    await emit({ type: 'state', state: 'paused' });
    expect(held()).toBe(0);
    await resumeRun();
    await emit({ type: 'state', state: 'running' });
    expect(held()).toBe(1);
    await emit({ type: 'state', state: 'finished' });
    expect(held()).toBe(0);
  });

  it('continues training if the wake lock is refused', async () => {
    await emit({ type: 'state', state: 'paused' });
    refused = true;
    await emit({ type: 'state', state: 'running' });
    expect(held()).toBe(0);
    expect(trainingStore.getState()).toMatchObject({ status: 'running', error: null });
  });

  it('pauses while its tab is hidden, and resumes when it is shown again', async () => {
    workers.calls = [];
    page.turn(true);
    await emit({ type: 'state', state: 'paused' });
    expect(workers.calls).toEqual(['pause']);
    page.turn(false);
    await emit({ type: 'state', state: 'running' });
    expect(workers.calls).toEqual(['pause', 'play']);
    expect(held()).toBe(1);
    // Shown again before the pause has finished.
    page.turn(true);
    page.turn(false);
    await settled();
    expect(workers.calls.slice(2)).toEqual(['pause', 'play']);
    expect(workers.orders).toHaveLength(1);
  });

  it('stays paused after the visitor paused it, even if the tab is hidden and shown', async () => {
    await pauseRun();
    await emit({ type: 'state', state: 'paused' });
    workers.calls = [];
    page.turn(true);
    page.turn(false);
    await settled();
    expect(workers.calls).toEqual([]);
  });

  it('continues in a hidden tab if the visitor chose so, without a wake lock', async () => {
    trainingStore.setState({ runsWhileHidden: true });
    workers.calls = [];
    page.turn(true);
    await settled();
    expect(workers.calls).toEqual([]);
    expect(held()).toBe(0);
    page.turn(false);
    await settled();
    expect(workers.calls).toEqual([]);
    expect(held()).toBe(1);
  });

  it('applies a live setting without a restart, and exports it with its step', async () => {
    await configureRun({ eta: 2 });
    expect(workers.calls.at(-1)).toBe('{"eta":2}');
    expect(workers.orders).toHaveLength(1);
    const { run } = trainingStore.getState();
    expect(run!.live).toEqual([{ step: 40, settings: { eta: 2 } }]);
    expect(runJsonLines(run!)).toContain('{"kind":"change","step":40,"settings":{"eta":2}}');
  });

  it('reports an unwritten checkpoint until one is written', async () => {
    await emit({ type: 'unsaved', message: 'The storage is full.' });
    expect(trainingStore.getState()).toMatchObject({ unsaved: 'The storage is full.', status: 'running' });
    // The announcement must not claim that the run was saved.
    await pauseRun();
    expect(trainingStore.getState().announcement).toBe('Paused; the checkpoint could not be written.');
    workers.emit({ type: 'saved', step: 50 });
    await vi.waitFor(() => expect(trainingStore.getState()).toMatchObject({ unsaved: null, saved: 50 }));
  });

  it('resumes from its checkpoint by itself after the GPU is lost', async () => {
    await emit({ type: 'saved', step: 120 });
    await emit({ type: 'lost', message: 'The GPU went away (unknown).' });
    expect(workers.ended).toBeGreaterThan(0);
    expect(workers.orders.at(-1)).toEqual({ kind: 'resume', key: 'run-1', dataset: 'k' });
    expect(workers.calls.at(-1)).toBe('play');
    const { note, error: error } = trainingStore.getState();
    expect(error).toBeNull();
    expect(note).toBe('The GPU went away (unknown). The run resumed from step 120.');
  });

  it('stops if the GPU is lost twice at one checkpoint, and the train button resumes it', async () => {
    await emit({ type: 'lost', message: 'The GPU went away (unknown).' });
    await emit({ type: 'state', state: 'running' });
    expect(workers.orders).toHaveLength(2);
    await emit({ type: 'lost', message: 'The GPU went away (unknown).' });
    expect(workers.orders).toHaveLength(2);
    const { status, error: error } = trainingStore.getState();
    expect(status).toBe('failed');
    expect(error!.why).toBe('The GPU went away (unknown). The last checkpoint is kept; resume from there.');
    expect(workers.ended).toBeGreaterThan(0);
    await toggleTraining(null);
    expect(workers.orders.at(-1)).toEqual({ kind: 'resume', key: 'run-1', dataset: 'k' });
    expect(workers.calls.at(-1)).toBe('play');
  });

  it('is not started on data of the wrong shape, and the form can be edited', async () => {
    await emit({ type: 'state', state: 'finished' });
    trainingStore.setState({ run: null, status: 'idle' });
    workers.refusal = 'narrow has rows of 5 observations and 2 actions; hopper-medium has 11 and 3.';
    await startRun('k', [1]);
    workers.refusal = null;
    const { error: error, status, run } = trainingStore.getState();
    expect(error).toEqual({
      what: 'The run could not be opened.',
      why: 'narrow has rows of 5 observations and 2 actions; hopper-medium has 11 and 3.',
    });
    expect([status, run]).toEqual(['idle', null]);
    expect(workers.calls).toEqual(['play']);
  });

  it('names a missing dataset and what to do, and stays as it is', async () => {
    await emit({ type: 'failed', message: 'The GPU went away (unknown).' });
    workers.datasets = [{ ...STORED, about: { counts: { rows: 4 } } }];
    await toggleTraining(null);
    const { error: error, run } = trainingStore.getState();
    expect(error!.why).toBe(
      'The run learned from small (3 rows), which is not stored in this browser; add it on the datasets page.',
    );
    expect(run!.key).toBe('run-1');
    expect(workers.orders).toHaveLength(1);
  });
});

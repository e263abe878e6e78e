import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { presetLocomotion } from '../../locomotion/experiment.ts';
import type { StoredRun } from '../../locomotion/stored-run.ts';
import type { TrainingEvent, TrainingOrder } from '../../locomotion/training-protocol.ts';
import { keepAwake } from './wake-lock.ts';
import { press } from './toggle-training.ts';
import { runJsonLines } from './run-export.ts';
import { begin, configure, goOn, pause, trainingStore } from './training.ts';

/** The workers, whose part the test takes. */
const workers = vi.hoisted(() => ({
  orders: [] as TrainingOrder[],
  calls: [] as string[],
  ended: 0,
  tell: (_event: TrainingEvent): void => undefined,
  /** Why a run is not opened. */
  refusal: null as string | null,
  datasets: [] as { key: string; id: string; about: { counts: { rows: number } } }[],
}));

vi.mock('./training-client.ts', () => ({
  connectTraining: () => ({
    remote: {
      open: (order: TrainingOrder, tell: (event: TrainingEvent) => void) => {
        workers.orders.push(order);
        workers.tell = tell;
        if (workers.refusal !== null) return Promise.reject(new Error(workers.refusal));
        tell({ type: 'opened', run: RUN });
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
  ask: (question: (reader: { list: () => unknown }) => unknown) =>
    question({ list: () => ({ datasets: workers.datasets }) }),
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
const KEPT = { key: 'k', id: 'small', about: { counts: { rows: 3 } } };

class FakeDocument extends EventTarget {
  hidden = false;

  turn(hidden: boolean): void {
    this.hidden = hidden;
    // A hidden tab has no lock.
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
const told = async (event: TrainingEvent) => {
  workers.tell(event);
  await settled();
};

beforeEach(async () => {
  vi.stubGlobal('document', page);
  vi.stubGlobal('navigator', { wakeLock: { request: requestLock } });
  keepAwake();
  Object.assign(workers, { orders: [], calls: [], ended: 0, datasets: [KEPT] });
  await begin('k', [1]);
  await told({ type: 'state', state: 'running' });
});

afterEach(async () => {
  await told({ type: 'state', state: 'finished' });
  page.hidden = false;
  screenLocks = [];
  refused = false;
  trainingStore.setState({ run: null, status: 'idle', trouble: null, unsaved: null, hiddenGoesOn: false });
  vi.unstubAllGlobals();
});

describe('a run on the page', () => {
  it('keeps the screen awake while it trains, and lets it sleep when it is paused', async () => {
    expect(held()).toBe(1);
    await pause();
    await told({ type: 'state', state: 'paused' });
    expect(held()).toBe(0);
    await goOn();
    await told({ type: 'state', state: 'running' });
    expect(held()).toBe(1);
    await told({ type: 'state', state: 'finished' });
    expect(held()).toBe(0);
  });

  it('trains on where the lock is refused', async () => {
    await told({ type: 'state', state: 'paused' });
    refused = true;
    await told({ type: 'state', state: 'running' });
    expect(held()).toBe(0);
    expect(trainingStore.getState()).toMatchObject({ status: 'running', trouble: null });
  });

  it('rests while its tab is hidden, and goes on when it is seen again', async () => {
    workers.calls = [];
    page.turn(true);
    await told({ type: 'state', state: 'paused' });
    expect(workers.calls).toEqual(['pause']);
    page.turn(false);
    await told({ type: 'state', state: 'running' });
    expect(workers.calls).toEqual(['pause', 'play']);
    expect(held()).toBe(1);
    // Seen again before the pause is through.
    page.turn(true);
    page.turn(false);
    await settled();
    expect(workers.calls.slice(2)).toEqual(['pause', 'play']);
    expect(workers.orders).toHaveLength(1);
  });

  it('stays paused where the visitor paused it, whatever becomes of the tab', async () => {
    await pause();
    await told({ type: 'state', state: 'paused' });
    workers.calls = [];
    page.turn(true);
    page.turn(false);
    await settled();
    expect(workers.calls).toEqual([]);
  });

  it('goes on in a hidden tab where the visitor said so, without the lock', async () => {
    trainingStore.setState({ hiddenGoesOn: true });
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

  it('takes a live setting without a new start, and exports it with its step', async () => {
    await configure({ eta: 2 });
    expect(workers.calls.at(-1)).toBe('{"eta":2}');
    expect(workers.orders).toHaveLength(1);
    const { run } = trainingStore.getState();
    expect(run!.live).toEqual([{ step: 40, settings: { eta: 2 } }]);
    expect(runJsonLines(run!)).toContain('{"kind":"change","step":40,"settings":{"eta":2}}');
  });

  it('says that a checkpoint could not be written until one is', async () => {
    await told({ type: 'unsaved', message: 'The storage is full.' });
    expect(trainingStore.getState()).toMatchObject({ unsaved: 'The storage is full.', status: 'running' });
    // Whoever does not see the page is not told that all is saved.
    await pause();
    expect(trainingStore.getState().said).toBe('Paused; the checkpoint could not be written.');
    workers.tell({ type: 'saved', step: 50 });
    await vi.waitFor(() => expect(trainingStore.getState()).toMatchObject({ unsaved: null, saved: 50 }));
  });

  it('that lost the GPU is taken up again from its checkpoint, by itself', async () => {
    await told({ type: 'saved', step: 120 });
    await told({ type: 'lost', message: 'The GPU went away (unknown).' });
    expect(workers.ended).toBeGreaterThan(0);
    expect(workers.orders.at(-1)).toEqual({ kind: 'resume', key: 'run-1', dataset: 'k' });
    expect(workers.calls.at(-1)).toBe('play');
    const { note, trouble } = trainingStore.getState();
    expect(trouble).toBeNull();
    expect(note).toBe('The GPU went away (unknown). The run went on from step 120.');
  });

  it('that loses the GPU twice at one checkpoint stops, and is resumed from it by the same button', async () => {
    await told({ type: 'lost', message: 'The GPU went away (unknown).' });
    await told({ type: 'state', state: 'running' });
    expect(workers.orders).toHaveLength(2);
    await told({ type: 'lost', message: 'The GPU went away (unknown).' });
    expect(workers.orders).toHaveLength(2);
    const { status, trouble } = trainingStore.getState();
    expect(status).toBe('failed');
    expect(trouble!.why).toBe('The GPU went away (unknown). What was saved last is kept; go on from there.');
    expect(workers.ended).toBeGreaterThan(0);
    await press(null);
    expect(workers.orders.at(-1)).toEqual({ kind: 'resume', key: 'run-1', dataset: 'k' });
    expect(workers.calls.at(-1)).toBe('play');
  });

  it('on data that do not fit is not begun, and the form is free for others', async () => {
    await told({ type: 'state', state: 'finished' });
    trainingStore.setState({ run: null, status: 'idle' });
    workers.refusal = 'narrow has rows of 5 observations and 2 actions; hopper-medium has 11 and 3.';
    await begin('k', [1]);
    workers.refusal = null;
    const { trouble, status, run } = trainingStore.getState();
    expect(trouble).toEqual({
      what: 'The run could not be opened.',
      why: 'narrow has rows of 5 observations and 2 actions; hopper-medium has 11 and 3.',
    });
    expect([status, run]).toEqual(['idle', null]);
    expect(workers.calls).toEqual(['play']);
  });

  it('whose data are gone says which and what to do, and stays as it is', async () => {
    await told({ type: 'failed', message: 'The GPU went away (unknown).' });
    workers.datasets = [{ ...KEPT, about: { counts: { rows: 4 } } }];
    await press(null);
    const { trouble, run } = trainingStore.getState();
    expect(trouble!.why).toBe(
      'The run learned from small (3 rows), which this browser does not keep; add it on the page of datasets.',
    );
    expect(run!.key).toBe('run-1');
    expect(workers.orders).toHaveLength(1);
  });
});

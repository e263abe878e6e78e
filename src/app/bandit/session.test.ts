import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultExperiment } from '../../bandit/experiment.ts';
import type { EngineEvent } from '../../bandit/engine/protocol.ts';
import { FakeEngine } from './fake-engine.ts';
import { SeriesStore } from './plots/series/series.ts';
import { FakeSeeds } from './seeds/fake-seeds.ts';
import { SeedComparison } from './seeds/seed-comparison.ts';
import { Session } from './session.ts';
import { experimentStore } from './stores/experiment-store.ts';
import { frameStore, type Shown } from './stores/frame-store.ts';
import { INITIAL_RUN, runStore } from './stores/run-store.ts';
import { viewStore } from '../shared/view-store.ts';
import { DEFAULT_VIEW } from '../shared/view.ts';

let engine: FakeEngine;
let session: Session;

beforeEach(async () => {
  vi.useFakeTimers();
  experimentStore.setState(defaultExperiment(), true);
  viewStore.setState(DEFAULT_VIEW, true);
  runStore.setState(INITIAL_RUN, true);
  frameStore.clear();
  engine = new FakeEngine(100);
  const series = new SeriesStore();
  const others = new SeedComparison(series, () => ({ engine: new FakeSeeds(), end: () => undefined }));
  session = new Session(engine, series, others, () => Promise.resolve());
  await session.start(session.listen);
});

afterEach(() => {
  vi.useRealTimers();
});

const run = () => runStore.getState();
const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const calls = () => engine.calls.splice(0);

describe('Session', () => {
  it('opens with the shipped figure and adds no curve points', () => {
    expect(run().state).toBe('showing-pretrained');
    expect(calls()).toEqual(['open', 'showPretrained']);
    expect(frameStore.get('diffusion-ql')?.step).toBeGreaterThan(0);
    expect(session.series.methods()).toEqual([]);
    expect(run().data?.points.length).toBe(20_000);
  });

  it('starts at step 0 if no weights are shipped', async () => {
    engine.showPretrained = () => Promise.reject(new Error('None for this data.'));
    await session.start(session.listen);
    expect(run().state).toBe('ready');
    expect(run().problem).toBeNull();
  });

  it('drops shipped frames after Play, including late ones', async () => {
    const shipped = frameStore.get('diffusion-ql') as Shown;
    expect(shipped.shipped).toBe(true);
    expect(frameStore.clock()).toEqual({ elapsedSeconds: 0, step: 0 });
    session.play();
    expect(frameStore.get('diffusion-ql')).toBeNull();
    const late = { ...shipped, method: 'diffusion-ql' as const, stepsPerSecond: 0 };
    await engine.emit({ type: 'frame', frames: [late], elapsedSeconds: 0 });
    expect(frameStore.get('diffusion-ql')).toBeNull();
    expect(session.series.methods()).toEqual([]);
    await settle(150);
    expect(frameStore.get('diffusion-ql')).toMatchObject({ step: 40, shipped: false });
  });

  it('keeps the frames of step 0 until the run advances', async () => {
    session.reset();
    await settle();
    session.play();
    expect(frameStore.get('diffusion-ql')).toMatchObject({ step: 0, shipped: false });
  });

  it('plays from step 0 and pauses', async () => {
    session.play();
    await settle(350);
    expect(run().state).toBe('running');
    const step = frameStore.clock().step;
    expect(step).toBeGreaterThan(0);
    expect(step).toBeLessThan(1000);
    expect(session.series.methods()).toContain('diffusion-ql');
    session.pause();
    await settle(500);
    expect(run().state).toBe('paused');
    expect(frameStore.clock().step).toBe(step);
  });

  it('sends a live setting to the engine at once', async () => {
    session.play();
    await settle(150);
    calls();
    session.setSetting('eta', 0.5);
    await settle(1000);
    expect(experimentStore.getState().settings.eta).toBe(0.5);
    expect(calls()).toEqual(['setLive']);
  });

  it('restarts once for several changes, shows a message, and resumes', async () => {
    session.play();
    await settle(150);
    calls();
    session.setSetting('hidden', 64);
    session.setSeed(3);
    await settle(1000);
    expect(calls()).toEqual(['pause', 'open', 'setLive', 'play']);
    expect(run().message).toContain('starts again from step 0');
    expect(run().state).toBe('running');
  });

  it('opens a changed experiment without starting it', async () => {
    calls();
    session.setSeed(3);
    await settle(1000);
    expect(calls()).toEqual(['open', 'setLive']);
    expect(run().state).toBe('ready');
    expect(run().message).toBeNull();
  });

  it('resets a live setting to its preset without a restart', async () => {
    session.setSetting('eta', 0.5);
    await settle();
    calls();
    session.unsetSetting('eta');
    await settle(1000);
    expect(experimentStore.getState().settings).toEqual({});
    expect(calls()).toEqual(['setLive']);
  });

  it('toggles methods in the order of the catalogue', async () => {
    session.toggleMethod('bc-mle');
    await settle();
    expect(experimentStore.getState().methods).not.toContain('bc-mle');
    expect(frameStore.get('bc-mle')).toBeNull();
    session.toggleMethod('bc-mle');
    await settle();
    expect(experimentStore.getState().methods[0]).toBe('bc-mle');
  });

  it('pauses in a hidden tab and resumes when visible', async () => {
    session.play();
    await settle(150);
    calls();
    session.visibility(true);
    await settle(1000);
    expect(run().state).toBe('paused');
    session.visibility(false);
    await settle();
    expect(run().state).toBe('running');
    expect(calls()).toEqual(['pause', 'play']);
    session.pause();
    session.visibility(true);
    session.visibility(false);
    await settle();
    expect(run().state).toBe('paused');
  });

  it('shows a snapshot and returns to the live run', async () => {
    session.play();
    await settle(3000);
    session.pause();
    await settle();
    const now = frameStore.clock().step;
    session.timeline.show(200);
    await settle();
    const then = frameStore.get('diffusion-ql');
    expect(then).toMatchObject({ step: 200, isSnapshot: true });
    expect(Object.keys(then?.losses ?? {})).toEqual(['bcLoss', 'criticLoss']);
    expect(viewStore.getState().snapshotStep).toBe(200);
    session.timeline.show(null);
    expect(frameStore.get('diffusion-ql')).toMatchObject({ step: now, isSnapshot: false });
  });

  it('shows the snapshot of a link once the run reaches it', async () => {
    viewStore.setState({ snapshotStep: 120 });
    session.play();
    await settle(150);
    expect(frameStore.get('bc-diffusion')?.isSnapshot).toBe(false);
    await settle(1000);
    expect(frameStore.get('bc-diffusion')).toMatchObject({ step: 120, isSnapshot: true });
  });

  it('reports a divergence and rolls back on demand', async () => {
    const event: EngineEvent = { type: 'diverged', method: 'bcq', quantity: 'criticLoss', step: 12, goodStep: 10 };
    await engine.emit({ type: 'state', state: 'diverged' });
    await engine.emit(event);
    expect(run().problem).toEqual({ ...event, type: undefined, kind: 'diverged' });
    session.rollback();
    await settle();
    expect(run().problem).toBeNull();
    expect(run().state).toBe('paused');
  });

  it('reports a failed command and runs the next', async () => {
    engine.play = () => Promise.reject(new Error('No memory is left.'));
    session.play();
    await settle();
    expect(run().problem).toEqual({ kind: 'error', message: 'No memory is left.' });
    session.step();
    await settle();
    expect(run().state).toBe('paused');
  });

  it('reports a lost device and the step it resumed from', async () => {
    await engine.loseDevice();
    expect(run().problem).toMatchObject({ kind: 'device-lost', resumedFrom: 0 });
  });

  it('rejects a failed import without a notice', async () => {
    await expect(session.importWeights('bcq', new Uint8Array())).rejects.toThrow('[128, 2]');
    expect(run().problem).toBeNull();
  });
});

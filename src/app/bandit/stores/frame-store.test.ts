import { describe, expect, it, vi } from 'vitest';
import type { BanditMetrics, MethodFrame, SnapshotView } from '../../../bandit/engine/protocol.ts';
import { FrameStore } from './frame-store.ts';

const METRICS: BanditMetrics = {
  inMode: 0.5,
  nearest: [1],
  inBest: 0.5,
  totalVariation: 0,
  mmd2: { value: 0, low: 0, high: 0 },
  meanReward: 0,
  regret: 0,
  effectiveModes: 1,
};

function frame(method: MethodFrame['method'], step: number, q: Float32Array | null = null): MethodFrame {
  const samples = new Float32Array(2);
  const metrics = METRICS;
  return { method, step, shipped: false, seconds: step / 10, stepsPerSecond: 10, samples, metrics, losses: {}, q };
}

function snapshot(method: SnapshotView['method'], step: number): SnapshotView {
  const samples = new Float32Array(2);
  return { method, step, seconds: step / 10, samples, metrics: METRICS, losses: { bcLoss: step }, q: null };
}

describe('FrameStore', () => {
  it('notifies only subscribers of the changed method', () => {
    const store = new FrameStore();
    const cloning = vi.fn();
    const climbing = vi.fn();
    store.subscribe('bc-diffusion', cloning);
    store.subscribe('diffusion-ql', climbing);
    store.put(frame('bc-diffusion', 1));
    expect(cloning).toHaveBeenCalledTimes(1);
    expect(climbing).not.toHaveBeenCalled();
    expect(store.get('bc-diffusion')?.step).toBe(1);
  });

  it('keeps the last Q landscape until a new one arrives', () => {
    const store = new FrameStore();
    const q = new Float32Array([1, 2, 3, 4]);
    store.put(frame('diffusion-ql', 1, q));
    store.put(frame('diffusion-ql', 2));
    expect(store.get('diffusion-ql')).toMatchObject({ step: 2, q });
  });

  it('shows a snapshot while the run continues, then the latest frame', () => {
    const store = new FrameStore();
    store.put(frame('bc-mle', 10));
    store.showSnapshots(true);
    store.putSnapshot(snapshot('bc-mle', 3));
    const listener = vi.fn();
    store.subscribe('bc-mle', listener);
    store.put(frame('bc-mle', 11));
    expect(listener).not.toHaveBeenCalled();
    expect(store.get('bc-mle')).toMatchObject({ step: 3, losses: { bcLoss: 3 }, isSnapshot: true });
    expect(store.latest('bc-mle')?.step).toBe(11);
    store.showSnapshots(false);
    expect(store.get('bc-mle')).toMatchObject({ step: 11, isSnapshot: false });
  });

  it('ignores a snapshot that arrives after the return to the live run', () => {
    const store = new FrameStore();
    store.putSnapshot(snapshot('bc-mle', 3));
    expect(store.get('bc-mle')).toBeNull();
  });

  it('has the step of the furthest method in its clock', () => {
    const store = new FrameStore();
    store.put(frame('bc-mle', 10));
    store.put(frame('bcq', 4));
    store.tick(2.5);
    expect(store.clock()).toEqual({ elapsedSeconds: 2.5, step: 10 });
    store.put({ ...frame('bc-cvae', 6000), shipped: true });
    store.tick(2.5);
    expect(store.clock().step).toBe(10);
    store.clear();
    expect(store.clock().step).toBe(0);
    expect(store.get('bc-mle')).toBeNull();
  });
});

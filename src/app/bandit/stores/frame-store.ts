/**
 * The latest frame of each method, and what a panel shows of it. It changes ten times a second, so it stands outside
 * React and tells only those who read that one method.
 */
import { useCallback, useSyncExternalStore } from 'react';
import type { MethodId } from '../../../bandit/methods.ts';
import type { BanditMetrics, MethodFrame, SnapshotView } from '../../../bandit/engine/protocol.ts';

/** What a panel shows: the frame of now, or a kept moment. */
export interface Shown {
  step: number;
  /** Drawn from shipped weights, not from this run. */
  shipped: boolean;
  seconds: number;
  stepsPerSecond: number | null;
  samples: Float32Array;
  metrics: BanditMetrics;
  losses: Readonly<Record<string, number>>;
  q: Float32Array | null;
  /** Whether this is a kept moment rather than now. */
  isSnapshot: boolean;
}

interface Clock {
  elapsedSeconds: number;
  /** Steps of the method that is furthest on in this run. */
  step: number;
}

const START: Clock = { elapsedSeconds: 0, step: 0 };

export class FrameStore {
  #latest = new Map<MethodId, Shown>();
  #kept = new Map<MethodId, Shown>();
  #looking = false;
  #clock = START;
  #listeners = new Map<MethodId, Set<() => void>>();
  #clockListeners = new Set<() => void>();

  /** What the method's panel shows, or null before its first frame. */
  get(method: MethodId): Shown | null {
    if (this.#looking) return this.#kept.get(method) ?? null;
    return this.#latest.get(method) ?? null;
  }

  /** The frame of now, whatever is looked at. */
  latest(method: MethodId): Shown | null {
    return this.#latest.get(method) ?? null;
  }

  clock = (): Clock => this.#clock;

  put(frame: MethodFrame): void {
    const { step, shipped, seconds, stepsPerSecond, samples, metrics, losses, q } = frame;
    // A critic's map comes only when it is new; the last one stays until then.
    const shownQ = q ?? this.#latest.get(frame.method)?.q ?? null;
    this.#latest.set(frame.method, {
      step,
      shipped,
      seconds,
      stepsPerSecond,
      samples,
      metrics,
      losses,
      q: shownQ,
      isSnapshot: false,
    });
    if (!this.#looking) this.#tell(frame.method);
  }

  tick(elapsedSeconds: number): void {
    const step = Math.max(0, ...[...this.#latest.values()].map((shown) => (shown.shipped ? 0 : shown.step)));
    this.#clock = { elapsedSeconds, step };
    for (const listener of this.#clockListeners) listener();
  }

  /** Shows kept moments (which arrive by `keep`) in place of now. */
  showSnapshots(atMoment: boolean): void {
    if (this.#looking === atMoment) return;
    this.#looking = atMoment;
    // Until its moment arrives a panel goes on showing what it showed.
    this.#kept = atMoment ? new Map(this.#latest) : new Map<MethodId, Shown>();
    for (const method of this.#listeners.keys()) this.#tell(method);
  }

  putSnapshot(view: SnapshotView): void {
    if (!this.#looking) return;
    const { method, ...moment } = view;
    this.#kept.set(method, { ...moment, shipped: false, stepsPerSecond: null, isSnapshot: true });
    this.#tell(method);
  }

  drop(method: MethodId): void {
    this.#latest.delete(method);
    this.#kept.delete(method);
    this.#tell(method);
  }

  dropShipped(): void {
    for (const [method, shown] of this.#latest) if (shown.shipped) this.drop(method);
  }

  clear(): void {
    this.#latest.clear();
    this.#kept.clear();
    this.#looking = false;
    this.#clock = START;
    for (const method of this.#listeners.keys()) this.#tell(method);
    for (const listener of this.#clockListeners) listener();
  }

  subscribe(method: MethodId, listener: () => void): () => void {
    const listeners = this.#listeners.get(method) ?? new Set();
    this.#listeners.set(method, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  subscribeClock = (listener: () => void): (() => void) => {
    this.#clockListeners.add(listener);
    return () => this.#clockListeners.delete(listener);
  };

  #tell(method: MethodId): void {
    for (const listener of this.#listeners.get(method) ?? []) listener();
  }
}

export const frameStore = new FrameStore();

export function useShown(method: MethodId): Shown | null {
  const subscribe = useCallback((listener: () => void) => frameStore.subscribe(method, listener), [method]);
  return useSyncExternalStore(subscribe, () => frameStore.get(method));
}

export function useClock(): Clock {
  return useSyncExternalStore(frameStore.subscribeClock, frameStore.clock);
}

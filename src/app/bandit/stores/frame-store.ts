/**
 * The latest frame of each method, and what its panel shows. It changes ten times a second, so it is outside React and
 * notifies only the subscribers of the changed method.
 */
import { useCallback, useSyncExternalStore } from 'react';
import type { MethodId } from '../../../bandit/methods.ts';
import type { BanditMetrics, MethodFrame, SnapshotView } from '../../../bandit/engine/protocol.ts';

/** What a panel shows: the latest frame or a snapshot. */
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
  /** Whether this is a snapshot rather than the latest frame. */
  isSnapshot: boolean;
}

interface Clock {
  elapsedSeconds: number;
  /** Steps of the method with the most steps in this run. */
  step: number;
}

const START: Clock = { elapsedSeconds: 0, step: 0 };

export class FrameStore {
  #latest = new Map<MethodId, Shown>();
  #snapshots = new Map<MethodId, Shown>();
  #showsSnapshots = false;
  #clock = START;
  #listeners = new Map<MethodId, Set<() => void>>();
  #clockListeners = new Set<() => void>();

  /** What the method's panel shows, or null before its first frame. */
  get(method: MethodId): Shown | null {
    if (this.#showsSnapshots) return this.#snapshots.get(method) ?? null;
    return this.#latest.get(method) ?? null;
  }

  /** The latest frame, also while snapshots are shown. */
  latest(method: MethodId): Shown | null {
    return this.#latest.get(method) ?? null;
  }

  clock = (): Clock => this.#clock;

  put(frame: MethodFrame): void {
    const { step, shipped, seconds, stepsPerSecond, samples, metrics, losses, q } = frame;
    // A frame has a critic's map only when the map is new.
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
    if (!this.#showsSnapshots) this.#notify(frame.method);
  }

  tick(elapsedSeconds: number): void {
    const step = Math.max(0, ...[...this.#latest.values()].map((shown) => (shown.shipped ? 0 : shown.step)));
    this.#clock = { elapsedSeconds, step };
    for (const listener of this.#clockListeners) listener();
  }

  /** Shows snapshots (which arrive by `putSnapshot`) in place of the latest frames. */
  showSnapshots(enabled: boolean): void {
    if (this.#showsSnapshots === enabled) return;
    this.#showsSnapshots = enabled;
    // Until its snapshot arrives a panel does not change.
    this.#snapshots = enabled ? new Map(this.#latest) : new Map<MethodId, Shown>();
    for (const method of this.#listeners.keys()) this.#notify(method);
  }

  putSnapshot(view: SnapshotView): void {
    if (!this.#showsSnapshots) return;
    const { method, ...snapshot } = view;
    this.#snapshots.set(method, { ...snapshot, shipped: false, stepsPerSecond: null, isSnapshot: true });
    this.#notify(method);
  }

  drop(method: MethodId): void {
    this.#latest.delete(method);
    this.#snapshots.delete(method);
    this.#notify(method);
  }

  dropShipped(): void {
    for (const [method, shown] of this.#latest) if (shown.shipped) this.drop(method);
  }

  clear(): void {
    this.#latest.clear();
    this.#snapshots.clear();
    this.#showsSnapshots = false;
    this.#clock = START;
    for (const method of this.#listeners.keys()) this.#notify(method);
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

  #notify(method: MethodId): void {
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

/**
 * Snapshots of one method's run, spread evenly over its steps. When the store is full, every other snapshot is dropped,
 * and from then on snapshots are stored half as often. The first is always kept.
 */
import type { BanditMetrics } from './protocol.ts';

const MAX_SNAPSHOTS = 48;

export interface MethodSnapshot {
  step: number;
  seconds: number;
  /** [n, 2] */
  samples: Float32Array;
  metrics: BanditMetrics;
  /** Latest value of each loss; empty at step 0. */
  losses: Record<string, number>;
  q: Float32Array | null;
  /** Values of the policy's variables by "role/part", enough to sample with; null for a method without denoising. */
  weights: Record<string, Float32Array> | null;
}

export class SnapshotStore {
  readonly #capacity: number;
  #snapshots: MethodSnapshot[] = [];
  /** Fewest steps between two snapshots. */
  #stride = 0;

  /** @param capacity at least 3. */
  constructor(capacity = MAX_SNAPSHOTS) {
    this.#capacity = capacity;
  }

  /** Whether a snapshot at this step would be stored. */
  accepts(step: number): boolean {
    const last = this.#snapshots.at(-1);
    return !last || step >= last.step + Math.max(1, this.#stride);
  }

  /** Stores a snapshot if the store accepts its step. */
  add(snapshot: MethodSnapshot): void {
    if (!this.accepts(snapshot.step)) return;
    this.#snapshots.push(snapshot);
    if (this.#snapshots.length <= this.#capacity) return;
    this.#snapshots = this.#snapshots.filter((_, index) => index % 2 === 0);
    const steps = this.#snapshots.map(({ step }) => step);
    this.#stride = (Math.max(...steps) - Math.min(...steps)) / (steps.length - 1);
  }

  /** The latest snapshot at or before `step`. */
  at(step: number): MethodSnapshot | undefined {
    return this.#snapshots.findLast((snapshot) => snapshot.step <= step);
  }

  /** Oldest first. */
  all(): readonly MethodSnapshot[] {
    return this.#snapshots;
  }

  /** Drops the snapshots after `step`. */
  truncate(step: number): void {
    this.#snapshots = this.#snapshots.filter((snapshot) => snapshot.step <= step);
  }
}

/**
 * Kept moments of one method's run, spread evenly over its steps however long it goes on: when the store is full every
 * other one is dropped, and from then on moments are kept half as often. The first is always kept.
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
  /** Values of the policy's variables by "role/part", enough to sample with; null where nobody will. */
  weights: Record<string, Float32Array> | null;
}

export class SnapshotStore {
  readonly #capacity: number;
  #snapshots: MethodSnapshot[] = [];
  /** Fewest steps between two kept moments. */
  #stride = 0;

  /** @param capacity at least 3. */
  constructor(capacity = MAX_SNAPSHOTS) {
    this.#capacity = capacity;
  }

  /** Whether a moment at this step would be kept. */
  accepts(step: number): boolean {
    const last = this.#snapshots.at(-1);
    return !last || step >= last.step + Math.max(1, this.#stride);
  }

  /** Keeps a moment that is `wanted`; others are ignored. */
  add(snapshot: MethodSnapshot): void {
    if (!this.accepts(snapshot.step)) return;
    this.#snapshots.push(snapshot);
    if (this.#snapshots.length <= this.#capacity) return;
    this.#snapshots = this.#snapshots.filter((_, index) => index % 2 === 0);
    const steps = this.#snapshots.map((kept) => kept.step);
    this.#stride = (Math.max(...steps) - Math.min(...steps)) / (steps.length - 1);
  }

  /** The kept moment at or before `step`, if there is one. */
  at(step: number): MethodSnapshot | undefined {
    return this.#snapshots.findLast((snapshot) => snapshot.step <= step);
  }

  /** Oldest first. */
  all(): readonly MethodSnapshot[] {
    return this.#snapshots;
  }

  /** Forgets what came after `step`: the run went back. */
  truncate(step: number): void {
    this.#snapshots = this.#snapshots.filter((snapshot) => snapshot.step <= step);
  }
}

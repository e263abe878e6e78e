/** How many recorded steps a submission to the GPU takes. */
import { MAX_REPLAY } from '../tensor/replay.ts';

/** Intended duration of a submission. Two are pending at a time, which keeps other GPU work responsive. */
const TARGET_MS = 20;
/** Number of past submissions that count. The slowest decides, since a slowdown may recur. */
const RECENT = 4;

/**
 * Adapts the number of steps to the measured time. A submission has at most twice the steps of the last. An unexpected
 * slowdown lengthens at most the two submissions that are already queued.
 */
export class AdaptiveSubmissionSize {
  /** Most steps of the next submission. */
  steps = 1;
  /** Milliseconds a step of the latest submissions. */
  #recent: number[] = [];
  #doneAt = 0;

  /** Records the time of a submission. */
  record(steps: number, milliseconds: number): void {
    this.#recent = [...this.#recent, milliseconds / steps].slice(-RECENT);
    const fitting = Math.floor(TARGET_MS / Math.max(...this.#recent));
    this.steps = Math.max(1, Math.min(MAX_REPLAY, 2 * steps, fitting));
  }

  /** Measures a submission that is queued now. The GPU runs one submission after the other. */
  async time<Result>(steps: number, submitted: Promise<Result>): Promise<Result> {
    const queuedAt = performance.now();
    const result = await submitted;
    const now = performance.now();
    this.record(steps, now - Math.max(queuedAt, this.#doneAt));
    this.#doneAt = now;
    return result;
  }
}

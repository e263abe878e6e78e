/** How many recorded steps a submission takes: as many as fill a turn. */
import { MAX_REPLAY } from '../tensor/replay.ts';

/** What a submission is meant to take: with two under way nobody waits long. */
const TARGET_MS = 20;
/** Submissions that the next goes by. It goes by the slowest: what slowed one down may come again. */
const RECENT = 4;

/**
 * A submission that was not slowed down is under TARGET_MS, and the next is no longer than twice as many steps. A slowdown
 * that nothing foretold lengthens those that are queued already, which are two at most; the next is cut to it.
 */
export class AdaptiveSubmissionSize {
  /** How many steps the next submission may take. */
  steps = 1;
  /** Milliseconds a step, of the latest submissions. */
  #recent: number[] = [];
  #doneAt = 0;

  /** Hears what steps took that were submitted together. */
  record(steps: number, milliseconds: number): void {
    this.#recent = [...this.#recent, milliseconds / steps].slice(-RECENT);
    const fitting = Math.floor(TARGET_MS / Math.max(...this.#recent));
    this.steps = Math.max(1, Math.min(MAX_REPLAY, 2 * steps, fitting));
  }

  /** Times a submission that is queued now, and hears of it once it is done. The GPU takes one after the other. */
  async time<Result>(steps: number, submitted: Promise<Result>): Promise<Result> {
    const queuedAt = performance.now();
    const result = await submitted;
    const now = performance.now();
    this.record(steps, now - Math.max(queuedAt, this.#doneAt));
    this.#doneAt = now;
    return result;
  }
}

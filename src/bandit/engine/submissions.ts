/**
 * Queues recorded steps on WebGPU: several steps in a submission, and the next submission while the GPU works on the
 * last.
 */
import type { MethodRun } from './method-run.ts';
import type { Divergence } from '../../experiment/divergence.ts';
import type { StepRunner } from '../../experiment/webgpu-step-runner.ts';
import { AdaptiveSubmissionSize } from '../../experiment/adaptive-submission-size.ts';

/** A submission that has finished. */
export interface CompletedSubmission {
  run: MethodRun;
  steps: number;
  milliseconds: number;
  divergence: Divergence | null;
}

interface PendingSubmission {
  run: MethodRun;
  steps: number;
  queuedAt: number;
  divergence: Promise<Divergence | null>;
}

export class Submissions {
  readonly #sizes = new WeakMap<MethodRun, AdaptiveSubmissionSize>();
  #pending: PendingSubmission | null = null;
  #doneAt = 0;

  /**
   * Queues at most `maxSteps` steps of a method, and waits for the submission before.
   * @returns that earlier submission, or null if there was none
   */
  async queue(run: MethodRun, recorded: StepRunner, maxSteps: number): Promise<CompletedSubmission | null> {
    const queuedAt = performance.now();
    const first = run.step;
    const divergence = run.trainRecorded(recorded, Math.min(this.#sizeOf(run).steps, maxSteps));
    // It is awaited later; an earlier failure must not leave it unhandled.
    divergence.catch(() => undefined);
    const previous = this.#pending;
    this.#pending = { run, steps: run.step - first, queuedAt, divergence };
    return previous && this.#done(previous);
  }

  /** Waits for the pending submission. */
  async drain(): Promise<CompletedSubmission | null> {
    const last = this.#pending;
    this.#pending = null;
    return last && this.#done(last);
  }

  async #done({ run, steps, queuedAt, divergence }: PendingSubmission): Promise<CompletedSubmission> {
    const found = await divergence;
    const now = performance.now();
    // The GPU runs one submission after the other.
    const milliseconds = now - Math.max(queuedAt, this.#doneAt);
    this.#doneAt = now;
    this.#sizeOf(run).record(steps, milliseconds);
    return { run, steps, milliseconds, divergence: found };
  }

  #sizeOf(run: MethodRun): AdaptiveSubmissionSize {
    let size = this.#sizes.get(run);
    if (!size) this.#sizes.set(run, (size = new AdaptiveSubmissionSize()));
    return size;
  }
}

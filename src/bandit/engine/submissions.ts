/**
 * Recorded steps on WebGPU as a race takes them: as many at a time as fill a turn, and the next are queued while the GPU
 * is busy with the last.
 */
import type { MethodRun } from './method-run.ts';
import type { Divergence } from '../../experiment/divergence.ts';
import type { StepRunner } from '../../experiment/webgpu-step-runner.ts';
import { AdaptiveSubmissionSize } from '../../experiment/adaptive-submission-size.ts';

/** A submission that is done. */
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
   * Queues steps of a method, at most `most`, and waits for the submission before.
   * @returns that submission, or null if there was none
   */
  async queue(run: MethodRun, recorded: StepRunner, most: number): Promise<CompletedSubmission | null> {
    const queuedAt = performance.now();
    const first = run.step;
    const divergence = run.trainRecorded(recorded, Math.min(this.#sizeOf(run).steps, most));
    // It is waited for later; whoever fails before must not leave it unheard.
    divergence.catch(() => undefined);
    const before = this.#pending;
    this.#pending = { run, steps: run.step - first, queuedAt, divergence };
    return before && this.#done(before);
  }

  /** Waits for what is under way. */
  async drain(): Promise<CompletedSubmission | null> {
    const last = this.#pending;
    this.#pending = null;
    return last && this.#done(last);
  }

  async #done({ run, steps, queuedAt, divergence }: PendingSubmission): Promise<CompletedSubmission> {
    const found = await divergence;
    const now = performance.now();
    // The GPU takes one after the other.
    const milliseconds = now - Math.max(queuedAt, this.#doneAt);
    this.#doneAt = now;
    this.#sizeOf(run).record(steps, milliseconds);
    return { run, steps, milliseconds, divergence: found };
  }

  #sizeOf(run: MethodRun): AdaptiveSubmissionSize {
    let pace = this.#sizes.get(run);
    if (!pace) this.#sizes.set(run, (pace = new AdaptiveSubmissionSize()));
    return pace;
  }
}

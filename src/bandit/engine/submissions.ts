/**
 * Recorded steps on WebGPU as a race takes them: as many at a time as fill a turn, and the next are queued while the GPU
 * is busy with the last.
 */
import type { MethodRun } from './method-run.ts';
import type { Divergence } from '../../experiment/divergence.ts';
import type { StepTaker } from '../../experiment/webgpu-step-runner.ts';
import { SubmissionPace } from '../../experiment/adaptive-submission-size.ts';

/** A submission that is done. */
export interface Submitted {
  run: MethodRun;
  steps: number;
  milliseconds: number;
  divergence: Divergence | null;
}

interface UnderWay {
  run: MethodRun;
  steps: number;
  queuedAt: number;
  divergence: Promise<Divergence | null>;
}

export class Submissions {
  readonly #paces = new WeakMap<MethodRun, SubmissionPace>();
  #underWay: UnderWay | null = null;
  #doneAt = 0;

  /**
   * Queues steps of a method, at most `most`, and waits for the submission before.
   * @returns that submission, or null if there was none
   */
  async queue(run: MethodRun, recorded: StepTaker, most: number): Promise<Submitted | null> {
    const queuedAt = performance.now();
    const first = run.step;
    const divergence = run.trainRecorded(recorded, Math.min(this.#paceOf(run).steps, most));
    // It is waited for later; whoever fails before must not leave it unheard.
    divergence.catch(() => undefined);
    const before = this.#underWay;
    this.#underWay = { run, steps: run.step - first, queuedAt, divergence };
    return before && this.#done(before);
  }

  /** Waits for what is under way. */
  async drain(): Promise<Submitted | null> {
    const last = this.#underWay;
    this.#underWay = null;
    return last && this.#done(last);
  }

  async #done({ run, steps, queuedAt, divergence }: UnderWay): Promise<Submitted> {
    const found = await divergence;
    const now = performance.now();
    // The GPU takes one after the other.
    const milliseconds = now - Math.max(queuedAt, this.#doneAt);
    this.#doneAt = now;
    this.#paceOf(run).heard(steps, milliseconds);
    return { run, steps, milliseconds, divergence: found };
  }

  #paceOf(run: MethodRun): SubmissionPace {
    let pace = this.#paces.get(run);
    if (!pace) this.#paces.set(run, (pace = new SubmissionPace()));
    return pace;
  }
}

/**
 * Recorded steps on WebGPU as a race takes them: as many at a time as fill a turn, and the next are queued while the GPU
 * is busy with the last.
 */
import { MAX_REPLAY } from '../tensor/replay.ts';
import type { Divergence, MethodRun } from './method-run.ts';
import type { StepTaker } from './recorded-steps.ts';

/** What a submission is meant to take: with two under way nobody waits long. */
const TURN_MS = 20;

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
  /** How many steps of a method fill a turn. */
  readonly #fitting = new WeakMap<MethodRun, number>();
  #underWay: UnderWay | null = null;
  #doneAt = 0;

  /**
   * Queues steps of a method, at most `most`, and waits for the submission before.
   * @returns that submission, or null if there was none
   */
  async queue(run: MethodRun, recorded: StepTaker, most: number): Promise<Submitted | null> {
    const queuedAt = performance.now();
    const first = run.step;
    const divergence = run.trainRecorded(recorded, Math.min(this.#fitting.get(run) ?? 1, most));
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
    const fitting = Math.round((TURN_MS * steps) / milliseconds);
    this.#fitting.set(run, Math.max(1, Math.min(MAX_REPLAY, 2 * steps, fitting)));
    return { run, steps, milliseconds, divergence: found };
  }
}

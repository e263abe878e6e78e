/** How far a job is, told to the page. */
import type { JobProgress } from './protocol.ts';
import { RateMeter } from './rate.ts';

export type Listener = (progress: JobProgress) => void;

const TELL_MS = 100;

/** What a cancelled job ends with. */
export class Cancelled extends Error {
  override name = 'Cancelled';
}

/** Tells how far a job is, at most ten times a second, with rate and time left. */
export class Teller {
  readonly #listener: Listener;
  #meter = new RateMeter();
  #told = -Infinity;
  #progress: JobProgress = {
    stage: 'asking',
    key: null,
    id: null,
    unit: 'bytes',
    done: 0,
    total: 0,
    chunks: null,
    rate: null,
    secondsLeft: null,
    retrying: null,
  };

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** A new stage, which is counted from 0. */
  restart(change: Partial<JobProgress>): void {
    this.#meter = new RateMeter();
    this.tell({ done: 0, total: 0, chunks: null, retrying: null, ...change });
  }

  tell(change: Partial<JobProgress>): void {
    const news = (['stage', 'key', 'retrying'] as const).some(
      (name) => name in change && change[name] !== this.#progress[name],
    );
    Object.assign(this.#progress, change);
    const now = performance.now();
    if (!news && now - this.#told < TELL_MS) return;
    this.#told = now;
    const { done, total } = this.#progress;
    if (total > 0) this.#meter.add(now, done);
    this.#listener({ ...this.#progress, rate: this.#meter.rate(), secondsLeft: this.#meter.secondsLeft(total) });
  }
}

/** Progress of a job, sent to the page. */
import type { JobProgress } from './protocol.ts';
import { RateMeter } from './rate.ts';

export type ProgressListener = (progress: JobProgress) => void;

const REPORT_INTERVAL_MS = 100;

/** The error of a cancelled job. */
export class Cancelled extends Error {
  override name = 'Cancelled';
}

/** Reports a job's progress at most ten times a second, with rate and time left. */
export class ProgressReporter {
  readonly #listener: ProgressListener;
  #meter = new RateMeter();
  #lastReport = -Infinity;
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

  constructor(listener: ProgressListener) {
    this.#listener = listener;
  }

  /** Begins a new stage, counted from 0. */
  restart(change: Partial<JobProgress>): void {
    this.#meter = new RateMeter();
    this.report({ done: 0, total: 0, chunks: null, retrying: null, ...change });
  }

  report(change: Partial<JobProgress>): void {
    const isNews = (['stage', 'key', 'retrying'] as const).some(
      (name) => name in change && change[name] !== this.#progress[name],
    );
    Object.assign(this.#progress, change);
    const now = performance.now();
    if (!isNews && now - this.#lastReport < REPORT_INTERVAL_MS) return;
    this.#lastReport = now;
    const { done, total } = this.#progress;
    if (total > 0) this.#meter.add(now, done);
    this.#listener({ ...this.#progress, rate: this.#meter.rate(), secondsLeft: this.#meter.secondsLeft(total) });
  }
}

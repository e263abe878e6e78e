/** Progress lines with rate and time left, at limited intervals. */
import { RateMeter } from '../datasets/library/rate.ts';
import type { Console } from './console.ts';

const PROGRESS_SECONDS = 1;
/** Seconds between two lines of a training run. */
const TRAINING_SECONDS = 5;

/** @returns A function that is true when a training run's next progress line is due: every five seconds. */
export function trainingLines(): () => boolean {
  let printedAt = performance.now();
  return () => {
    if (performance.now() - printedAt < TRAINING_SECONDS * 1000) return false;
    printedAt = performance.now();
    return true;
  };
}

/** @returns A function that receives the amount done, and writes at most one progress line a second. */
export function progressLines(
  console: Console,
  unit: 'bytes' | 'files' | 'rows',
): (what: string, done: number, total: number) => void {
  let meter = new RateMeter();
  let doing = '';
  let printedAt = performance.now();
  return (what, done, total) => {
    const now = performance.now();
    if (what !== doing) {
      // The next activity has its own rate.
      meter = new RateMeter();
      doing = what;
    }
    meter.add(now, done);
    const rate = meter.rate();
    const left = meter.secondsLeft(total);
    if (now - printedAt < PROGRESS_SECONDS * 1000 || rate === null || left === null) return;
    printedAt = now;
    const amount = (value: number) => (unit === 'bytes' ? megabytes(value) : `${Math.round(value)} ${unit}`);
    console.progress(
      `${what}: ${amount(done)} of ${amount(total)} (${Math.floor((100 * done) / total)} %), ${amount(rate)}/s, ${Math.ceil(left)} s left\n`,
    );
  };
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

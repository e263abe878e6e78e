/** Lines of progress with rate and time left, not too many of them. */
import { RateMeter } from '../datasets/library/rate.ts';
import type { Console } from './console.ts';

const PROGRESS_SECONDS = 1;
/** Between two lines of a training run. */
const TRAINING_SECONDS = 5;

/** A clock of a training run's lines: whether the next is due, five seconds after the last or after the clock was made. */
export function trainingLines(): () => boolean {
  let told = performance.now();
  return () => {
    if (performance.now() - told < TRAINING_SECONDS * 1000) return false;
    told = performance.now();
    return true;
  };
}

/** A function to be told how much of a whole is done; once a second it writes a line. */
export function progressLines(
  console: Console,
  unit: 'bytes' | 'files' | 'rows',
): (what: string, done: number, total: number) => void {
  let meter = new RateMeter();
  let doing = '';
  let told = performance.now();
  return (what, done, total) => {
    const now = performance.now();
    if (what !== doing) {
      // What is done next has a rate of its own.
      meter = new RateMeter();
      doing = what;
    }
    meter.add(now, done);
    const rate = meter.rate();
    const left = meter.secondsLeft(total);
    if (now - told < PROGRESS_SECONDS * 1000 || rate === null || left === null) return;
    told = now;
    const amount = (value: number) => (unit === 'bytes' ? megabytes(value) : `${Math.round(value)} ${unit}`);
    console.progress(
      `${what}: ${amount(done)} of ${amount(total)} (${Math.floor((100 * done) / total)} %), ${amount(rate)}/s, ${Math.ceil(left)} s left\n`,
    );
  };
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

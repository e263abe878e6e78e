/** Lines of progress with rate and time left, not too many of them. */
import type { Console } from './console.ts';

const PROGRESS_SECONDS = 1;

/** A function to be told how much of a whole is done; once a second it writes a line. */
export function progressLines(
  console: Console,
  unit: 'bytes' | 'files' | 'rows',
): (what: string, done: number, total: number) => void {
  const start = performance.now();
  let told = start;
  return (what, done, total) => {
    const now = performance.now();
    if (now - told < PROGRESS_SECONDS * 1000) return;
    told = now;
    const rate = done / ((now - start) / 1000);
    const left = Math.ceil((total - done) / rate);
    const amount = (value: number) => (unit === 'bytes' ? megabytes(value) : `${Math.round(value)} ${unit}`);
    console.progress(
      `${what}: ${amount(done)} of ${amount(total)} (${Math.floor((100 * done) / total)} %), ${amount(rate)}/s, ${left} s left\n`,
    );
  };
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

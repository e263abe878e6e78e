import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AdaptiveSubmissionSize } from './adaptive-submission-size.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

/** Two submissions under way at a time, as training has them, on a GPU that takes so long for the n-th. */
async function lengths(count: number, msAStep: (submission: number) => number): Promise<number[]> {
  const pace = new AdaptiveSubmissionSize();
  const found: number[] = [];
  let finish: (() => void) | null = null;
  let behind: Promise<void> | null = null;
  for (let n = 0; n < count; n++) {
    const { steps } = pace;
    const ms = steps * msAStep(n);
    let resolve: () => void = () => undefined;
    const taking = pace.time(steps, new Promise<void>((done) => (resolve = done)));
    finish?.();
    await behind;
    finish = () => {
      vi.advanceTimersByTime(ms);
      resolve();
    };
    behind = taking;
    found.push(ms);
  }
  return found;
}

it('submissions take 20 ms, and stay under 50 ms while the GPU keeps its speed', async () => {
  for (const msAStep of [0.1, 0.4, 3, 7, 19]) {
    const found = await lengths(20, () => msAStep);
    expect(Math.max(...found)).toBeLessThanOrEqual(20);
    expect(found.at(-1)).toBeGreaterThan(Math.min(10, 63 * msAStep));
  }
});

it('a sudden slowdown lengthens only the two submissions that are queued when it comes', async () => {
  const found = await lengths(30, (n) => (n < 20 ? 0.1 : 4));
  expect(found.filter((ms) => ms > 50)).toHaveLength(2);
  expect(Math.max(...found.slice(22))).toBeLessThan(50);
});

it('a slowdown that comes and goes does not lengthen a submission each time', async () => {
  const found = await lengths(60, (n) => (n >= 20 && n % 4 === 0 ? 4 : 0.5));
  expect(found.slice(24).filter((ms) => ms > 50)).toEqual([]);
});

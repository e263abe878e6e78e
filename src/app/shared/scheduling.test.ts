import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { throttle } from './scheduling.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('throttle runs at once, so that a reload right after a change does not lose it', () => {
  const work = vi.fn();
  throttle(work, 400)();
  vi.advanceTimersByTime(1);
  expect(work).toHaveBeenCalledTimes(1);
});

it('throttle runs at most once per interval, and after the last call', () => {
  let calls = 0;
  const seen: [at: number, calls: number][] = [];
  const began = performance.now();
  const request = throttle(() => seen.push([Math.round(performance.now() - began), calls]), 400);
  // Continuous calls must not postpone the work.
  for (calls = 1; calls <= 10; calls++) {
    request();
    vi.advanceTimersByTime(100);
  }
  vi.advanceTimersByTime(1000);
  expect(seen.map(([at]) => at)).toEqual([0, 400, 800, 1200]);
  calls = 99;
  request();
  vi.advanceTimersByTime(1);
  expect(seen.at(-1)?.[1]).toBe(99);
});

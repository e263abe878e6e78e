import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { throttle } from './scheduling.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('works at once, so that a reload right behind a change does not lose it', () => {
  const work = vi.fn();
  throttle(work, 400)();
  vi.advanceTimersByTime(1);
  expect(work).toHaveBeenCalledTimes(1);
});

it('works at most once in a while, and behind the last wish, however many there are', () => {
  let wish = 0;
  const seen: [at: number, wish: number][] = [];
  const began = performance.now();
  const wished = throttle(() => seen.push([Math.round(performance.now() - began), wish]), 400);
  // Wishes that never rest: they used to put it off for as long as they came.
  for (wish = 1; wish <= 10; wish++) {
    wished();
    vi.advanceTimersByTime(100);
  }
  vi.advanceTimersByTime(1000);
  expect(seen.map(([at]) => at)).toEqual([0, 400, 800, 1200]);
  wish = 99;
  wished();
  vi.advanceTimersByTime(1);
  expect(seen.at(-1)?.[1]).toBe(99);
});

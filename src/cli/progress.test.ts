import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { trainingLines } from './progress.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('a training run prints a progress line every five seconds, however often it asks', () => {
  const isDue = trainingLines();
  const printedAt: number[] = [];
  for (let second = 0; second <= 16; second += 0.5) {
    if (isDue()) printedAt.push(second);
    vi.advanceTimersByTime(500);
  }
  expect(printedAt).toEqual([5, 10, 15]);
});

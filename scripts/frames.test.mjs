import { expect, it } from 'vitest';
import { frameFigures, quantile } from './frames.mjs';

it('a quantile of frame times is one of the values, the minimum at 0 and the maximum at 1', () => {
  expect([0, 0.5, 0.95, 1].map((fraction) => quantile([30, 10, 50, 20, 40], fraction))).toEqual([10, 30, 40, 50]);
});

it('frame figures give the rate, and the time between two frames with the number of late ones', () => {
  const gaps = [16, 16, 16, 32, 16, 16, 24, 24];
  const [rate, gap] = frameFigures('side', 'from the side', { gaps, tasks: [] }, 'by day');
  expect(rate).toEqual({ name: 'side', what: 'from the side', value: 50, unit: 'frames/s', note: 'by day' });
  expect(gap).toMatchObject({ name: 'side-gap', value: 16, unit: 'ms' });
  expect(gap?.note).toBe('95 in 100 within 24.0 ms, the longest 32 ms; 1 of 8 late (12.5 %); 0 tasks over 50 ms');
  const [, busy] = frameFigures('side', 'from the side', { gaps, tasks: [60, 113.6] });
  expect(busy?.note).toContain('; 2 tasks over 50 ms, the longest 114 ms');
});

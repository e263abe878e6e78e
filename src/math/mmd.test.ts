import { describe, expect, it } from 'vitest';
import { mmd2Unbiased, mmd2WithInterval } from './mmd.ts';
import { RandomStream } from './streams.ts';
import { corners, gaussian } from './testing.ts';

/** E k(a, b) for a − b ~ N((distance, 0), variance·I): the Gaussian kernel integrated in closed form. */
function expectedKernel(variance: number, squaredDistance: number, bandwidth: number): number {
  const total = bandwidth ** 2 + variance;
  return (bandwidth ** 2 / total) * Math.exp(-squaredDistance / (2 * total));
}

describe('mmd2Unbiased', () => {
  it('mmd2Unbiased is the U-statistic, computed by hand', () => {
    const k = (squared: number) => Math.exp(-squared / (2 * 0.3 ** 2));
    const x = [0, 0, 0.3, 0];
    const y = [0, 0.4, 0, 0, 0.3, 0.4];
    const expected =
      k(0.09) +
      (2 * (k(0.16) + k(0.09) + k(0.25))) / 6 -
      (2 * (k(0.16) + k(0) + k(0.25) + k(0.25) + k(0.09) + k(0.16))) / 6;
    expect(mmd2Unbiased(x, y, 0.3)).toBeCloseTo(expected, 14);
  });

  it('mmd2Unbiased estimates the closed form for two Gaussians', () => {
    const bandwidth = 0.5;
    const values = Array.from({ length: 40 }, (_, i) =>
      mmd2Unbiased(gaussian(2 * i, 150, 0.3), gaussian(2 * i + 1, 150, 0.6, 0.4), bandwidth),
    );
    const expected =
      expectedKernel(2 * 0.3 ** 2, 0, bandwidth) +
      expectedKernel(2 * 0.6 ** 2, 0, bandwidth) -
      2 * expectedKernel(0.3 ** 2 + 0.6 ** 2, 0.4 ** 2, bandwidth);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    expect(Math.abs(mean - expected)).toBeLessThan((4 * deviation) / Math.sqrt(values.length));
    expect(expected).toBeGreaterThan(0.1);
  });

  it('mmd2Unbiased is 0 on average for equal distributions', () => {
    const values = Array.from({ length: 60 }, (_, i) => mmd2Unbiased(corners(2 * i, 100), corners(2 * i + 1, 100)));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    expect(Math.abs(mean)).toBeLessThan((4 * deviation) / Math.sqrt(values.length));
    expect(Math.min(...values)).toBeLessThan(0);
  });

  it("mmd2Unbiased of the best single Gaussian and the corners is the reference's 0.20–0.21", () => {
    const spread = 0.8 ** 2 + 0.05 ** 2;
    const exact =
      expectedKernel(2 * 0.05 ** 2, 0, 0.2) / 4 +
      expectedKernel(2 * spread, 0, 0.2) -
      2 * expectedKernel(spread + 0.05 ** 2, 1.28, 0.2);
    expect(exact).toBeCloseTo(0.2065, 3);
    expect(Math.abs(mmd2Unbiased(gaussian(3, 1000, Math.sqrt(spread)), corners(3, 1000)) - exact)).toBeLessThan(0.015);
  });

  it('mmd2Unbiased rejects a set of fewer than two points', () => {
    expect(() => mmd2Unbiased([0, 0], [0, 0, 1, 1])).toThrow(/two points/);
  });
});

describe('mmd2WithInterval', () => {
  const stream = new RandomStream(0, 'bootstrap');

  it('mmd2WithInterval has the value of mmd2Unbiased inside its interval', () => {
    for (const shift of [0, 0.05, 0.4]) {
      const [x, y] = [corners(1, 120, shift), corners(2, 120)];
      const { value, low, high } = mmd2WithInterval(x, y, { stream, step: 3 });
      expect(value).toBeCloseTo(mmd2Unbiased(x, y), 6);
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
    }
  });

  it('the interval of MMD² depends only on points, stream and step', () => {
    const [x, y] = [corners(1, 60), corners(2, 60)];
    const first = mmd2WithInterval(x, y, { stream, step: 3 });
    expect(mmd2WithInterval(x, y, { stream, step: 3 })).toEqual(first);
    expect(mmd2WithInterval(x, y, { stream, step: 4 })).not.toEqual(first);
  });

  it('the interval of MMD² works with any number of resamples', () => {
    const [x, y] = [corners(1, 60), corners(2, 60)];
    const { low, high } = mmd2WithInterval(x, y, { stream, step: 0, resamples: 1 });
    expect(low).toBe(high);
    expect(mmd2WithInterval(x, y, { stream, step: 0, resamples: 41 }).low).toBeLessThan(low);
  });

  it.each([0, 0.1, 0.4])(
    'the interval of MMD² covers the truth in about 95 % of cases and has the right width (shift %d)',
    (shift) => {
      const n = 80;
      const repeats = 200;
      const truth = (expectedKernel(0.005, 0, 0.2) - expectedKernel(0.005, shift ** 2, 0.2)) / 2;
      const intervals = Array.from({ length: repeats }, (_, i) =>
        mmd2WithInterval(corners(2 * i, n, -shift), corners(2 * i + 1, n), { stream, step: i }),
      );
      const covered = intervals.filter(({ low, high }) => low <= truth && truth <= high).length / repeats;
      expect(covered).toBeGreaterThan(0.89);
      const mean = intervals.reduce((sum, { value }) => sum + value, 0) / repeats;
      const deviation = Math.sqrt(intervals.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / repeats);
      const width = intervals.reduce((sum, { low, high }) => sum + high - low, 0) / repeats;
      expect(width / (3.92 * deviation)).toBeGreaterThan(0.8);
      expect(width / (3.92 * deviation)).toBeLessThan(1.25);
    },
  );

  it('mmd2WithInterval rejects sets of different sizes or too few points', () => {
    expect(() => mmd2WithInterval(corners(1, 10), corners(2, 11), { stream, step: 0 })).toThrow(/10 and 11/);
    expect(() => mmd2WithInterval(corners(1, 3), corners(2, 3), { stream, step: 0 })).toThrow(/4 points or more/);
  });
});

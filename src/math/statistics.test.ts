import { describe, expect, it } from 'vitest';
import { deviationOf, interquartileMean, meanInterval, meanOf, stratifiedBootstrap } from './statistics.ts';
import { RandomStream } from './streams.ts';

describe('interquartile means', () => {
  it('an interquartile mean discards a quarter at each end', () => {
    expect(interquartileMean([100, 1, 2, 3, 4, 5, 6, -100])).toBe((2 + 3 + 4 + 5) / 4);
    expect(interquartileMean([7])).toBe(7);
    expect(interquartileMean([1, 3])).toBe(2);
  });

  it('an interquartile mean counts a value at the edge in part', () => {
    // Of five, the middle 2.5: the third, and three quarters of its neighbours.
    expect(interquartileMean([0, 1, 10, 20, 100])).toBeCloseTo((0.75 * 1 + 10 + 0.75 * 20) / 2.5, 12);
    expect(() => interquartileMean([])).toThrow('needs a value');
  });
});

describe('bootstrap intervals', () => {
  it('the bootstrap interval of the mean of many values is that of the normal distribution', () => {
    const drawn = new Float32Array(400);
    new RandomStream(1, 'values').fillNormal(drawn, 0);
    const values = [...drawn];
    const { value, low, high } = meanInterval(values);
    const half = (1.96 * deviationOf(values)) / Math.sqrt(values.length);
    expect(value).toBe(meanOf(values));
    expect(high - low).toBeGreaterThan(2 * half * 0.9);
    expect(high - low).toBeLessThan(2 * half * 1.1);
  });

  it('stratifiedBootstrap resamples within strata: differences between strata do not widen the interval', () => {
    const { low, high } = stratifiedBootstrap(
      [
        [0, 0, 0],
        [10, 10],
      ],
      meanOf,
    );
    expect([low, high]).toEqual([4, 4]);
    expect(meanInterval([0, 0, 0, 10, 10]).high).toBeGreaterThan(4);
  });

  it('a bootstrap is reproducible, and rejects an empty stratum', () => {
    expect(meanInterval([1, 2, 9], 5)).toEqual(meanInterval([1, 2, 9], 5));
    expect(() => stratifiedBootstrap([[1], []], meanOf)).toThrow('every stratum');
  });
});

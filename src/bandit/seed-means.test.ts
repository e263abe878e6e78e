import { describe, expect, it } from 'vitest';
import { meanInterval } from '../math/statistics.ts';
import { figuresOf, meansOver } from './seed-means.ts';

describe('means over seeds', () => {
  it('the mean covers each quantity that all seeds have, with its interval', () => {
    const runs = [
      { inMode: 0.5, bcLoss: 2, seconds: 9 },
      { inMode: 0.7, bcLoss: 4 },
      { inMode: 0.9, bcLoss: 3, targetQ: 1 },
    ];
    const means = meansOver<string>(runs);
    expect(Object.keys(means)).toEqual(['inMode', 'bcLoss']);
    expect(means['bcLoss']).toEqual(meanInterval([2, 4, 3]));
    const { value, low, high } = means['inMode']!;
    expect(value).toBeCloseTo(0.7, 12);
    expect(low).toBeGreaterThanOrEqual(0.5);
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
    expect(high).toBeLessThanOrEqual(0.9);
  });

  it('figuresOf picks the metrics that are one number each', () => {
    const own = { inMode: 1, inBest: 0.2, totalVariation: 0.3, meanReward: 4, regret: 5, effectiveModes: 3.9 };
    const metrics = { ...own, nearest: [0.2, 0.8], mmd2: { value: 0.01, low: 0, high: 0.02 } };
    expect(figuresOf(metrics)).toEqual({ ...own, mmd2: 0.01 });
  });

  it('no runs give no means', () => {
    expect(meansOver([])).toEqual({});
  });
});

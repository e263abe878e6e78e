import { describe, expect, it } from 'vitest';
import { RunningMoments } from './running-moments.ts';

describe('running moments', () => {
  it('RunningMoments gives mean and variance, also far from 0', () => {
    const values = [3, 7, 8, 1, 4].map((value) => [1e8 + value, -value]);
    const moments = new RunningMoments(RunningMoments.empty(2));
    expect(moments.variance(0)).toBe(1);
    for (const value of values) moments.add(value);
    expect(moments.mean[0]! - 1e8).toBeCloseTo(4.6, 6);
    expect(moments.mean[1]).toBeCloseTo(-4.6, 12);
    expect(moments.variance(0)).toBeCloseTo(6.64, 6);
    expect(moments.variance(1)).toBeCloseTo(6.64, 12);
  });

  it('RunningMoments continues from a snapshot without changing it', () => {
    const moments = new RunningMoments(RunningMoments.empty(1));
    [2, 5].forEach((value) => moments.add([value]));
    const snapshot = moments.snapshot();
    const resumed = new RunningMoments(snapshot);
    resumed.add([11]);
    moments.add([11]);
    expect(resumed).toEqual(moments);
    expect(snapshot).toMatchObject({ count: 2, mean: Float64Array.of(3.5) });
  });
});

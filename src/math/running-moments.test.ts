import { describe, expect, it } from 'vitest';
import { RunningMoments } from './running-moments.ts';

describe('running moments', () => {
  it('are mean and variance of what came, also far from 0', () => {
    const values = [3, 7, 8, 1, 4].map((value) => [1e8 + value, -value]);
    const moments = new RunningMoments(RunningMoments.empty(2));
    expect(moments.variance(0)).toBe(1);
    for (const value of values) moments.add(value);
    expect(moments.mean[0]! - 1e8).toBeCloseTo(4.6, 6);
    expect(moments.mean[1]).toBeCloseTo(-4.6, 12);
    expect(moments.variance(0)).toBeCloseTo(6.64, 6);
    expect(moments.variance(1)).toBeCloseTo(6.64, 12);
  });

  it('go on from a copy, which they leave as it is', () => {
    const moments = new RunningMoments(RunningMoments.empty(1));
    [2, 5].forEach((value) => moments.add([value]));
    const taken = moments.snapshot();
    const on = new RunningMoments(taken);
    on.add([11]);
    moments.add([11]);
    expect(on).toEqual(moments);
    expect(taken).toMatchObject({ count: 2, mean: Float64Array.of(3.5) });
  });
});

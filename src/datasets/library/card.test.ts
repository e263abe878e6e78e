import { describe, expect, it } from 'vitest';
import { syntheticTrajectories } from '../testing.ts';
import { sampleRows } from './card.ts';
import { columnHistograms, histogram } from './histogram.ts';
import { nearestRows } from './nearest.ts';
import { quantile } from '../../math/statistics.ts';
import { rewardProfile } from './reward-profile.ts';

describe('a histogram', () => {
  it('a histogram has equal bins, with the greatest value in the last', () => {
    expect(histogram([0, 0.4, 1, 1.5, 2, 3.9, 4], 4)).toEqual({ low: 0, high: 4, counts: [2, 2, 1, 2] });
  });

  it('a histogram of a constant has it in the middle bin', () => {
    for (const value of [0, -3, 1e-9, 5e6]) {
      const { low, high, counts } = histogram([value, value], 5);
      expect(counts).toEqual([0, 0, 2, 0, 0]);
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
    }
  });

  it('column histograms have a range per column', () => {
    const values = Float32Array.from([0, 10, 1, 20, 2, 30]);
    expect(columnHistograms(values, 2, 2)).toEqual([
      { low: 0, high: 2, counts: [1, 2] },
      { low: 10, high: 30, counts: [1, 2] },
    ]);
    expect(() => histogram([], 3)).toThrow('at least one value');
  });
});

describe('rewards over time', () => {
  it('a reward profile has a mean and a band at each step, over the episodes that reach it', () => {
    const profile = rewardProfile(Float32Array.from([1, 2, 3, 4, 5, 6, 7]), [0, 3, 5], 100);
    expect(profile.stride).toBe(1);
    expect(profile.steps).toEqual([0, 1, 2]);
    expect(profile.mean).toEqual([(1 + 4 + 6) / 3, (2 + 5 + 7) / 3, 3]);
    expect(profile.episodes).toEqual([3, 3, 1]);
    expect(profile.low[0]).toBeCloseTo(1.6, 6);
    expect(profile.high[0]).toBeCloseTo(5.6, 6);
  });

  it('a reward profile groups steps when there are more than its points', () => {
    const profile = rewardProfile(
      Float32Array.from({ length: 10 }, (_, i) => i),
      [0, 7],
      4,
    );
    expect(profile.stride).toBe(2);
    expect(profile.steps).toEqual([0, 2, 4, 6]);
    expect(profile.mean).toEqual([(0 + 1 + 7 + 8) / 4, (2 + 3 + 9) / 3, 4.5, 6]);
    expect(profile.episodes).toEqual([2, 2, 1, 1]);
  });

  it('quantiles interpolate between values', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([1, 2, 3, 4], 0)).toBe(1);
    expect(quantile([1, 2, 3, 4], 1)).toBe(4);
    expect(quantile([7], 0.9)).toBe(7);
  });
});

describe('the nearest rows', () => {
  const WIDTH = 6;
  const { observations } = syntheticTrajectories(500, WIDTH, 2);
  const std = [1, 0.5, 2, 0, 1, 1];

  /** The same by sorting everything. */
  function plainly(row: number, k: number): { other: number; distance: number }[] {
    const all = Array.from({ length: 500 }, (_, other) => {
      let squared = 0;
      for (let i = 0; i < WIDTH; i++) {
        if (std[i] === 0) continue;
        squared += ((observations[other * WIDTH + i]! - observations[row * WIDTH + i]!) / std[i]!) ** 2;
      }
      return { other, distance: Math.sqrt(squared) };
    });
    return all.sort((a, b) => a.distance - b.distance || a.other - b.other).slice(0, k);
  }

  it.each([
    [0, 1],
    [17, 10],
    [499, 64],
    [3, 500],
  ])('nearest rows of row %i, %i of them, are those of a full sort', (row, k) => {
    const { rows, distances } = nearestRows(observations, std, row, k);
    const expected = plainly(row, k);
    expect(Array.from(rows)).toEqual(expected.map(({ other }) => other));
    distances.forEach((distance, i) => expect(distance).toBeCloseTo(expected[i]!.distance, 4));
    expect(rows[0]).toBe(row);
  });

  it('nearest rows begin with the row itself, even among equal rows', () => {
    const same = new Float32Array(40).fill(2);
    expect(nearestRows(same, [1, 1], 13, 3).rows[0]).toBe(13);
    expect(nearestRows(same, [1, 1], 13, 100).rows).toHaveLength(20);
    expect(() => nearestRows(same, [1, 1], 20, 3)).toThrow('There is no row 20; rows are 0 to 19.');
  });
});

describe('sampled rows', () => {
  it('sampled rows are spread evenly, or all rows if few', () => {
    const values = Float32Array.from({ length: 20 }, (_, i) => i);
    expect(Array.from(sampleRows(values, 10, 5))).toEqual([0, 1, 4, 5, 8, 9, 12, 13, 16, 17]);
    expect(sampleRows(values, 10, 50)).toEqual(values);
  });
});

import { describe, expect, it } from 'vitest';
import type { SeedsPoint } from '../../../bandit/seeds-protocol.ts';
import { bandOf, otherRows, seedsLabel } from './seed-rows.ts';
import type { SeedGroup } from './seeds-store.ts';

const METRICS = {
  inMode: 0.5,
  nearest: [1],
  inBest: 0.5,
  totalVariation: 0.1,
  mmd2: { value: 0.01, low: 0.005, high: 0.02 },
  meanReward: 2,
  regret: 3,
  effectiveModes: 1.5,
};
const others = (...seeds: number[]) => seeds.map((seed) => ({ seed, metrics: METRICS, losses: {} }));
const interval = { value: 0.5, low: 0.4, high: 0.7 };
const POINTS: SeedsPoint[] = [
  { step: 0, others: others(1, 2), means: { inMode: interval } },
  { step: 10, others: others(1), means: { inMode: interval, bcLoss: { value: 2, low: 1, high: 3 } } },
];
const GROUP: SeedGroup = { seeds: [0, 1, 2], points: POINTS, lost: [] };

describe('seed rows', () => {
  it('bandOf gives the band of a quantity at the steps that have it', () => {
    expect(bandOf(GROUP, 'inMode')).toMatchObject({ name: 'Mean of 3 seeds', x: Float64Array.of(0, 10) });
    const band = bandOf(GROUP, 'bcLoss');
    expect([band?.x, band?.mean, band?.low, band?.high].map((column) => Array.from(column ?? []))).toEqual([
      [10],
      [2],
      [1],
      [3],
    ]);
    expect(bandOf(GROUP, 'targetQ')).toBeUndefined();
    expect(bandOf(undefined, 'inMode')).toBeUndefined();
  });

  it('otherRows gives a row for each seed and step, seed by seed', () => {
    const rows = otherRows({ 'diffusion-ql': GROUP });
    expect(rows.map(({ method, seed, step }) => [method, seed, step])).toEqual([
      ['diffusion-ql', 1, 0],
      ['diffusion-ql', 1, 10],
      ['diffusion-ql', 2, 0],
    ]);
  });

  it('seedsLabel shortens consecutive seeds to a range', () => {
    expect(seedsLabel([4])).toBe('seed 4');
    expect(seedsLabel([1, 2])).toBe('seeds 1 and 2');
    expect(seedsLabel([0, 1, 2, 3, 4])).toBe('seeds 0 to 4');
    expect(seedsLabel([0, 2, 3])).toBe('seeds 0, 2 and 3');
    expect(seedsLabel([4294967295, 0, 1])).toBe('seeds 4294967295, 0 and 1');
  });
});

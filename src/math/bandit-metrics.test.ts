import { describe, expect, it } from 'vitest';
import { RandomStream } from './streams.ts';
import {
  banditMetrics,
  effectiveModes,
  meanReward,
  nearestShares,
  regret,
  shareInMode,
  totalVariation,
} from './bandit-metrics.ts';
import { corners, CORNERS, gaussian } from './testing.ts';

const EVEN = [0.25, 0.25, 0.25, 0.25];

describe('shares', () => {
  const centres = [
    { x: 0, y: 0 },
    { x: 1, y: 0 },
  ];
  const samples = [0, 0, 0.09, 0, 0, 0.11, 1, 0.2, 0.5, 0.6, 0.7, 0, NaN, 0, Infinity, 0];

  it('shareInMode counts samples within the radii, and none that is not finite', () => {
    expect(shareInMode(samples, centres, [0.1, 0.25])).toBe(3 / 8);
  });

  it('nearestShares counts the nearest centre, the first of equally near ones', () => {
    expect(nearestShares(samples, centres)).toEqual([4 / 8, 2 / 8]);
  });

  it("shareInMode is 98.9 % for a mode's own points", () => {
    const n = 20_000;
    const share = shareInMode(
      corners(1, n),
      CORNERS,
      CORNERS.map((mode) => 3 * mode.sigma),
    );
    const expected = 1 - Math.exp(-4.5);
    expect(Math.abs(share - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / n));
  });

  it("shareInMode is 2.6 % for the best single Gaussian's points", () => {
    const n = 20_000;
    const deviation = Math.sqrt(0.8 ** 2 + 0.05 ** 2);
    const share = shareInMode(
      gaussian(1, n, deviation),
      CORNERS,
      CORNERS.map(() => 0.15),
    );
    expect(Math.abs(share - 0.026)).toBeLessThan(0.004);
  });
});

describe('totalVariation', () => {
  it('totalVariation ranges from 0 to 1', () => {
    expect(totalVariation(EVEN, EVEN)).toBe(0);
    expect(totalVariation([1, 0], [0, 1])).toBe(1);
    expect(totalVariation([0.5, 0.3, 0.2], [0.2, 0.3, 0.5])).toBeCloseTo(0.3, 15);
  });
});

describe('effectiveModes', () => {
  it('effectiveModes is the number of equal shares', () => {
    expect(effectiveModes([1, 0, 0, 0])).toBe(1);
    expect(effectiveModes([0.5, 0, 0.5, 0])).toBeCloseTo(2, 14);
    expect(effectiveModes(EVEN)).toBeCloseTo(4, 14);
    expect(effectiveModes([0.25, 0.75])).toBeCloseTo(4 / 3 ** 0.75, 14);
    expect(effectiveModes([0, 0])).toBe(0);
  });
});

describe('meanReward and regret', () => {
  it("meanReward is the mode's mean reward inside, 0 outside", () => {
    const samples = [0.8, -0.8, -0.8, 0.8, 0, 0, 0.8, 0.94];
    expect(meanReward(samples, CORNERS)).toBeCloseTo((5 + 3 + 0 + 1.5) / 4, 14);
    expect(regret(2.375, CORNERS)).toBe(2.625);
  });

  it('meanReward uses the nearest of overlapping modes', () => {
    const modes = [
      { x: 0, y: 0, sigma: 0.5, reward: 1 },
      { x: 0.5, y: 0, sigma: 0.1, reward: 2 },
    ];
    expect(meanReward([0.2, 0, 0.3, 0, 0.45, 0], modes)).toBeCloseTo((1 + 2 + 2) / 3, 14);
    // Nearest centre, but outside of its radius: the wider mode contains it.
    expect(meanReward([0.82, 0], modes)).toBe(1);
  });

  it('meanReward is 2.35 for the data and 4.94 for the best mode', () => {
    const samples = corners(2, 20_000);
    expect(Math.abs(meanReward(samples, CORNERS) - 2.349)).toBeLessThan(0.06);
    expect(5 * (1 - Math.exp(-4.5))).toBeCloseTo(4.944, 3);
  });
});

describe('banditMetrics', () => {
  const random = { stream: new RandomStream(0, 'bootstrap'), step: 0 };

  it('banditMetrics of the data are those of a perfect clone', () => {
    const metrics = banditMetrics(corners(5, 400), corners(6, 500), CORNERS, EVEN, random);
    expect(metrics.inMode).toBeGreaterThan(0.97);
    expect(metrics.inBest).toBeCloseTo(0.25, 1);
    expect(metrics.nearest.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(metrics.totalVariation).toBeLessThan(0.1);
    expect(Math.abs(metrics.mmd2.value)).toBeLessThan(0.01);
    expect(metrics.meanReward + metrics.regret).toBeCloseTo(5, 12);
    expect(metrics.effectiveModes).toBeGreaterThan(3.9);
  });

  it('banditMetrics of the best mode have one mode and little regret', () => {
    const samples = gaussian(7, 200, 0.05).map((value, i) => value + (i % 2 === 0 ? 0.8 : -0.8));
    const metrics = banditMetrics(samples, corners(6, 200), CORNERS, EVEN, random);
    expect(metrics.inBest).toBe(metrics.inMode);
    expect(metrics.nearest).toEqual([0, 0, 0, 1]);
    expect(metrics.totalVariation).toBe(0.75);
    expect(metrics.effectiveModes).toBe(1);
    expect(metrics.regret).toBeLessThan(0.25);
  });

  it('inBest counts every mode with the highest reward', () => {
    const modes = CORNERS.map((mode) => ({ ...mode, reward: 1 }));
    const metrics = banditMetrics(corners(5, 100), corners(6, 100), modes, EVEN, random);
    expect(metrics.inBest).toBe(metrics.inMode);
  });

  it('banditMetrics rejects too few reference points and no modes', () => {
    expect(() => banditMetrics(corners(1, 10), corners(2, 9), CORNERS, EVEN, random)).toThrow(/10 samples need/);
    expect(() => banditMetrics(corners(1, 10), corners(2, 10), [], [], random)).toThrow(/at least one mode/);
  });
});

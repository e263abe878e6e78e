import { describe, expect, it } from 'vitest';
import { RandomStream } from './streams.ts';
import {
  banditMetrics,
  effectiveModes,
  iqm,
  meanReward,
  mmd2Unbiased,
  mmd2WithInterval,
  nearestShares,
  regret,
  shareInMode,
  totalVariation,
  type RewardedMode,
} from './statistics.ts';

const CORNERS: readonly RewardedMode[] = [
  { x: -0.8, y: 0.8, sigma: 0.05, reward: 3 },
  { x: -0.8, y: -0.8, sigma: 0.05, reward: 0 },
  { x: 0.8, y: 0.8, sigma: 0.05, reward: 1.5 },
  { x: 0.8, y: -0.8, sigma: 0.05, reward: 5 },
];
const EVEN = [0.25, 0.25, 0.25, 0.25];

/** n points of the four corners in turn, [n, 2]. */
function corners(seed: number, n: number, shift = 0): Float32Array {
  const points = new Float32Array(2 * n);
  new RandomStream(seed, 'corners').fillNormal(points, 0);
  const which = new Int32Array(n);
  new RandomStream(seed, 'which').fillIntegers(which, 4, 0);
  for (let i = 0; i < n; i++) {
    const mode = CORNERS[which[i]!]!;
    points[2 * i] = mode.x + mode.sigma * points[2 * i]! + shift;
    points[2 * i + 1] = mode.y + mode.sigma * points[2 * i + 1]!;
  }
  return points;
}

/** n points of N(centre, deviation²), [n, 2]. */
function gaussian(seed: number, n: number, deviation: number, centreX = 0): Float32Array {
  const points = new Float32Array(2 * n);
  new RandomStream(seed, 'gaussian').fillNormal(points, 0);
  return points.map((value, i) => deviation * value + (i % 2 === 0 ? centreX : 0));
}

/** E k(a, b) for a − b ~ N((distance, 0), variance·I): the Gaussian kernel integrated in closed form. */
function expectedKernel(variance: number, squaredDistance: number, bandwidth: number): number {
  const total = bandwidth ** 2 + variance;
  return (bandwidth ** 2 / total) * Math.exp(-squaredDistance / (2 * total));
}

describe('shares', () => {
  const centres = [
    { x: 0, y: 0 },
    { x: 1, y: 0 },
  ];
  const samples = [0, 0, 0.09, 0, 0, 0.11, 1, 0.2, 0.5, 0.6, 0.7, 0, NaN, 0, Infinity, 0];

  it('count what lies within the radii, and nothing that is not finite', () => {
    expect(shareInMode(samples, centres, [0.1, 0.25])).toBe(3 / 8);
  });

  it('count the nearest centre, the first of equally near ones', () => {
    expect(nearestShares(samples, centres)).toEqual([4 / 8, 2 / 8]);
  });

  it("put 98.9 % of a mode's own points in it", () => {
    const n = 20_000;
    const share = shareInMode(
      corners(1, n),
      CORNERS,
      CORNERS.map((mode) => 3 * mode.sigma),
    );
    const expected = 1 - Math.exp(-4.5);
    expect(Math.abs(share - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / n));
  });

  it("put 2.6 % of the best single Gaussian's points in the corners", () => {
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
  it('runs from 0 to 1', () => {
    expect(totalVariation(EVEN, EVEN)).toBe(0);
    expect(totalVariation([1, 0], [0, 1])).toBe(1);
    expect(totalVariation([0.5, 0.3, 0.2], [0.2, 0.3, 0.5])).toBeCloseTo(0.3, 15);
  });
});

describe('effectiveModes', () => {
  it('is the number of equal shares', () => {
    expect(effectiveModes([1, 0, 0, 0])).toBe(1);
    expect(effectiveModes([0.5, 0, 0.5, 0])).toBeCloseTo(2, 14);
    expect(effectiveModes(EVEN)).toBeCloseTo(4, 14);
    expect(effectiveModes([0.25, 0.75])).toBeCloseTo(4 / 3 ** 0.75, 14);
    expect(effectiveModes([0, 0])).toBe(0);
  });
});

describe('meanReward and regret', () => {
  it("take the mode's mean inside, 0 outside", () => {
    const samples = [0.8, -0.8, -0.8, 0.8, 0, 0, 0.8, 0.94];
    expect(meanReward(samples, CORNERS)).toBeCloseTo((5 + 3 + 0 + 1.5) / 4, 14);
    expect(regret(2.375, CORNERS)).toBe(2.625);
  });

  it('take the nearest of modes that overlap', () => {
    const modes = [
      { x: 0, y: 0, sigma: 0.5, reward: 1 },
      { x: 0.5, y: 0, sigma: 0.1, reward: 2 },
    ];
    expect(meanReward([0.2, 0, 0.3, 0, 0.45, 0], modes)).toBeCloseTo((1 + 2 + 2) / 3, 14);
    // Nearest centre, but outside of its radius: the wider mode holds it.
    expect(meanReward([0.82, 0], modes)).toBe(1);
  });

  it('are 2.35 for the data and 4.94 for the best mode alone', () => {
    const samples = corners(2, 20_000);
    expect(Math.abs(meanReward(samples, CORNERS) - 2.349)).toBeLessThan(0.06);
    expect(5 * (1 - Math.exp(-4.5))).toBeCloseTo(4.944, 3);
  });
});

describe('iqm', () => {
  it('is the mean of the middle half', () => {
    expect(iqm([8, 1, 7, 2, 6, 3, 5, 4])).toBe(4.5);
    expect(iqm([100, 1, 2, 3, -100])).toBe(2);
    expect(iqm([3])).toBe(3);
    expect(iqm([])).toBeNaN();
  });
});

describe('mmd2Unbiased', () => {
  it('is the U-statistic, by hand', () => {
    const k = (squared: number) => Math.exp(-squared / (2 * 0.3 ** 2));
    const x = [0, 0, 0.3, 0];
    const y = [0, 0.4, 0, 0, 0.3, 0.4];
    const expected =
      k(0.09) +
      (2 * (k(0.16) + k(0.09) + k(0.25))) / 6 -
      (2 * (k(0.16) + k(0) + k(0.25) + k(0.25) + k(0.09) + k(0.16))) / 6;
    expect(mmd2Unbiased(x, y, 0.3)).toBeCloseTo(expected, 14);
  });

  it('estimates the closed form for two Gaussians', () => {
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

  it('is 0 on average for equal distributions', () => {
    const values = Array.from({ length: 60 }, (_, i) => mmd2Unbiased(corners(2 * i, 100), corners(2 * i + 1, 100)));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    expect(Math.abs(mean)).toBeLessThan((4 * deviation) / Math.sqrt(values.length));
    expect(Math.min(...values)).toBeLessThan(0);
  });

  it("puts the best single Gaussian at the reference's 0.20–0.21 from the corners", () => {
    const spread = 0.8 ** 2 + 0.05 ** 2;
    const exact =
      expectedKernel(2 * 0.05 ** 2, 0, 0.2) / 4 +
      expectedKernel(2 * spread, 0, 0.2) -
      2 * expectedKernel(spread + 0.05 ** 2, 1.28, 0.2);
    expect(exact).toBeCloseTo(0.2065, 3);
    expect(Math.abs(mmd2Unbiased(gaussian(3, 1000, Math.sqrt(spread)), corners(3, 1000)) - exact)).toBeLessThan(0.015);
  });

  it('needs two points on either side', () => {
    expect(() => mmd2Unbiased([0, 0], [0, 0, 1, 1])).toThrow(/two points/);
  });
});

describe('mmd2WithInterval', () => {
  const stream = new RandomStream(0, 'bootstrap');

  it('has the value of mmd2Unbiased inside its interval', () => {
    for (const shift of [0, 0.05, 0.4]) {
      const [x, y] = [corners(1, 120, shift), corners(2, 120)];
      const { value, low, high } = mmd2WithInterval(x, y, { stream, step: 3 });
      expect(value).toBeCloseTo(mmd2Unbiased(x, y), 6);
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
    }
  });

  it('is the same again for the same step, and another for another', () => {
    const [x, y] = [corners(1, 60), corners(2, 60)];
    const first = mmd2WithInterval(x, y, { stream, step: 3 });
    expect(mmd2WithInterval(x, y, { stream, step: 3 })).toEqual(first);
    expect(mmd2WithInterval(x, y, { stream, step: 4 })).not.toEqual(first);
  });

  it('takes any number of resamples', () => {
    const [x, y] = [corners(1, 60), corners(2, 60)];
    const { low, high } = mmd2WithInterval(x, y, { stream, step: 0, resamples: 1 });
    expect(low).toBe(high);
    expect(mmd2WithInterval(x, y, { stream, step: 0, resamples: 41 }).low).toBeLessThan(low);
  });

  it.each([0, 0.1, 0.4])('holds the truth about 95 times in 100, and is as wide as it must be (shift %d)', (shift) => {
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
  });

  it('refuses sets of different sizes', () => {
    expect(() => mmd2WithInterval(corners(1, 10), corners(2, 11), { stream, step: 0 })).toThrow(/10 and 11/);
    expect(() => mmd2WithInterval(corners(1, 3), corners(2, 3), { stream, step: 0 })).toThrow(/4 points or more/);
  });
});

describe('banditMetrics', () => {
  const random = { stream: new RandomStream(0, 'bootstrap'), step: 0 };

  it('of the data themselves are those of a perfect clone', () => {
    const metrics = banditMetrics(corners(5, 400), corners(6, 500), CORNERS, EVEN, random);
    expect(metrics.inMode).toBeGreaterThan(0.97);
    expect(metrics.inBest).toBeCloseTo(0.25, 1);
    expect(metrics.nearest.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(metrics.totalVariation).toBeLessThan(0.1);
    expect(Math.abs(metrics.mmd2.value)).toBeLessThan(0.01);
    expect(metrics.meanReward + metrics.regret).toBeCloseTo(5, 12);
    expect(metrics.effectiveModes).toBeGreaterThan(3.9);
  });

  it('of the best mode alone have no regret but its tail, and one mode', () => {
    const samples = gaussian(7, 200, 0.05).map((value, i) => value + (i % 2 === 0 ? 0.8 : -0.8));
    const metrics = banditMetrics(samples, corners(6, 200), CORNERS, EVEN, random);
    expect(metrics.inBest).toBe(metrics.inMode);
    expect(metrics.nearest).toEqual([0, 0, 0, 1]);
    expect(metrics.totalVariation).toBe(0.75);
    expect(metrics.effectiveModes).toBe(1);
    expect(metrics.regret).toBeLessThan(0.25);
  });

  it('count every mode that shares the highest reward as best', () => {
    const modes = CORNERS.map((mode) => ({ ...mode, reward: 1 }));
    const metrics = banditMetrics(corners(5, 100), corners(6, 100), modes, EVEN, random);
    expect(metrics.inBest).toBe(metrics.inMode);
  });

  it('say when the reference is too small', () => {
    expect(() => banditMetrics(corners(1, 10), corners(2, 9), CORNERS, EVEN, random)).toThrow(/10 samples need/);
    expect(() => banditMetrics(corners(1, 10), corners(2, 10), [], [], random)).toThrow(/at least one mode/);
  });
});

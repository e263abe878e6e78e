/** For tests: points with known statistics. */
import type { RewardedMode } from './bandit-metrics.ts';
import { RandomStream } from './streams.ts';

/** The bandit's modes. */
export const CORNERS: readonly RewardedMode[] = [
  { x: -0.8, y: 0.8, sigma: 0.05, reward: 3 },
  { x: -0.8, y: -0.8, sigma: 0.05, reward: 0 },
  { x: 0.8, y: 0.8, sigma: 0.05, reward: 1.5 },
  { x: 0.8, y: -0.8, sigma: 0.05, reward: 5 },
];

/** n points of the four corners in turn, [n, 2]. */
export function corners(seed: number, n: number, shift = 0): Float32Array {
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
export function gaussian(seed: number, n: number, deviation: number, centreX = 0): Float32Array {
  const points = new Float32Array(2 * n);
  new RandomStream(seed, 'gaussian').fillNormal(points, 0);
  return points.map((value, i) => deviation * value + (i % 2 === 0 ? centreX : 0));
}

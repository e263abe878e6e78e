import { describe, expect, it } from 'vitest';
import { discPoint, pointsFor, spray } from './spray.ts';

describe('spray', () => {
  it('fills the disc evenly', () => {
    const quarters = [0, 0, 0, 0];
    let inner = 0;
    for (let k = 0; k < 400; k++) {
      const [x, y] = discPoint(k);
      expect(Math.hypot(x, y)).toBeLessThanOrEqual(1);
      quarters[(x > 0 ? 1 : 0) + (y > 0 ? 2 : 0)]! += 1;
      if (Math.hypot(x, y) < Math.SQRT1_2) inner++;
    }
    for (const count of quarters) expect(Math.abs(count - 100)).toBeLessThan(10);
    expect(Math.abs(inner - 200)).toBeLessThan(10);
  });

  it('gives the same points for the same stroke, and others further on', () => {
    const brush = { reward: 4, radius: 0.2 };
    const stroke = () => spray([0, 0], [0.3, 0], brush, 10, 12);
    expect(stroke()).toEqual(stroke());
    expect(spray([0, 0], [0.3, 0], brush, 22, 12)).not.toEqual(stroke());
    expect(stroke().every((point) => point.reward === 4)).toBe(true);
  });

  it('stays on the square of actions', () => {
    for (const { x, y } of spray([1, -1], [1.4, -1.4], { reward: 0, radius: 0.5 }, 0, 50)) {
      expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(1);
    }
  });

  it('gives points by the way, whatever the brush', () => {
    expect(pointsFor(0.4, 0.2)).toBe(2 * pointsFor(0.2, 0.2));
    expect(pointsFor(0.001, 0.2)).toBe(0);
  });
});

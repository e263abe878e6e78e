import { describe, expect, it } from 'vitest';
import { countOutside, fieldGeometry, pathsAt, subsample, toAction, toX, toY } from './geometry.ts';

describe('fieldGeometry', () => {
  it('puts the corners of the view on the corners of the square, y upwards', () => {
    const geometry = fieldGeometry(250, 1.25, 2, 10, 20);
    expect([toX(geometry, -1.25), toY(geometry, 1.25)]).toEqual([10, 20]);
    expect([toX(geometry, 1.25), toY(geometry, -1.25)]).toEqual([260, 270]);
    expect([toX(geometry, 0), toY(geometry, 0)]).toEqual([135, 145]);
  });

  it('finds an action again', () => {
    const geometry = fieldGeometry(317, 2.5, 1, 4, 9);
    const [x, y] = toAction(geometry, toX(geometry, -0.8), toY(geometry, 0.3));
    expect(x).toBeCloseTo(-0.8, 12);
    expect(y).toBeCloseTo(0.3, 12);
  });

  it('writes and dots larger on a larger square, within bounds', () => {
    const [small, middle, huge] = [80, 400, 4000].map((size) => fieldGeometry(size));
    expect(small!.fontSize).toBe(10);
    expect(middle!.fontSize).toBeGreaterThan(small!.fontSize);
    expect(huge!.fontSize).toBe(26);
    expect(small!.dotRadius).toBeLessThan(middle!.dotRadius);
  });
});

describe('countOutside', () => {
  it('counts points past any edge, and those without a place', () => {
    expect(countOutside(Float32Array.of(0, 0, 1.3, 0, 0, -1.3, NaN, 0, 1.25, 1.25), 1.25)).toBe(3);
  });
});

describe('subsample', () => {
  it('leaves few points as they are', () => {
    const points = Float32Array.of(1, 2, 3, 4);
    expect(subsample(points, 2)).toBe(points);
  });

  it.each([4, 7])('keeps the shares of %d modes that take turns, and of modes in blocks', (modes) => {
    const count = 10_000;
    const turns = new Float32Array(2 * count);
    const blocks = new Float32Array(2 * count);
    for (let i = 0; i < count; i++) {
      turns[2 * i] = i % modes;
      blocks[2 * i] = Math.floor((i * modes) / count);
    }
    for (const points of [turns, blocks]) {
      const subset = subsample(points, 1500);
      const shares = new Array<number>(modes).fill(0);
      for (let i = 0; i < 1500; i++) shares[subset[2 * i]!]! += 1 / 1500;
      for (const share of shares) expect(Math.abs(share - 1 / modes)).toBeLessThan(0.02);
    }
  });
});

describe('pathsAt', () => {
  // Two paths, two reverse steps.
  const positions = Float32Array.of(0, 0, 10, 10, 1, 2, 20, 20, 3, 6, 30, 30);

  it('gives the noise, the action, and what lies between', () => {
    expect([...pathsAt(positions, 2, 2, 0)]).toEqual([0, 0, 10, 10]);
    expect([...pathsAt(positions, 2, 2, 2)]).toEqual([3, 6, 30, 30]);
    expect([...pathsAt(positions, 2, 2, 1)]).toEqual([1, 2, 20, 20]);
    expect([...pathsAt(positions, 2, 2, 1.5)]).toEqual([2, 4, 25, 25]);
  });

  it('stays within the process', () => {
    expect([...pathsAt(positions, 2, 2, -3)]).toEqual([0, 0, 10, 10]);
    expect([...pathsAt(positions, 2, 2, 9)]).toEqual([3, 6, 30, 30]);
    expect([...pathsAt(positions, 2, 2, NaN)]).toEqual([3, 6, 30, 30]);
  });
});

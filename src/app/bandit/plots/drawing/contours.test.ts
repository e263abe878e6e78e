import { describe, expect, it } from 'vitest';
import { bilinear, contourLines, contours, padGrid } from './contours.ts';

function grid(side: number, f: (column: number, row: number) => number): Float32Array {
  return Float32Array.from({ length: side * side }, (_, i) => f(i % side, Math.floor(i / side)));
}

describe('contourLines', () => {
  it('draws a straight line through a ramp', () => {
    const lines = contourLines(
      grid(5, (column) => column),
      5,
      5,
      1.5,
    );
    expect(lines).toHaveLength(1);
    const xs = lines[0]!.filter((_, i) => i % 2 === 0);
    const ys = lines[0]!.filter((_, i) => i % 2 === 1);
    expect([...xs].every((x) => x === 1.5)).toBe(true);
    expect([...ys].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
  });

  it('closes a ring around a hill, on the circle', () => {
    const side = 41;
    const lines = contourLines(
      grid(side, (c, r) => -Math.hypot(c - 20, r - 20)),
      side,
      side,
      -9.7,
    );
    expect(lines).toHaveLength(1);
    const line = lines[0]!;
    expect([line[0], line[1]]).toEqual([line.at(-2), line.at(-1)]);
    for (let i = 0; i < line.length; i += 2) {
      expect(Math.abs(Math.hypot(line[i]! - 20, line[i + 1]! - 20) - 9.7)).toBeLessThan(0.05);
    }
  });

  it('parts the two hills of a saddle above the pass, and joins them below', () => {
    // Upper left and lower right are 1, the others 0: the pass is at 0.5.
    const saddle = Float32Array.of(1, 0, 0, 1);
    const ends = (level: number) =>
      contourLines(saddle, 2, 2, level).map((line) => [...line].map((value) => Number(value.toFixed(2))));
    // Each line cuts off one corner: the high ones above the pass, the low ones below.
    expect(ends(0.75)).toContainEqual([0.25, 0, 0, 0.25]);
    expect(ends(0.25)).toContainEqual([0.75, 0, 1, 0.25]);
  });

  it.each([5, 10])('has every line of case %d end on the border', (kind) => {
    const values = Float32Array.of(kind & 8 ? 1 : 0, kind & 4 ? 1 : 0, kind & 1 ? 1 : 0, kind & 2 ? 1 : 0);
    expect(contourLines(values, 2, 2, 0.5)).toHaveLength(2);
  });

  it('leaves out cells that are not finite, and finds nothing on a plain', () => {
    expect(
      contourLines(
        grid(4, () => 3),
        4,
        4,
        2,
      ),
    ).toEqual([]);
    expect(
      contourLines(
        grid(2, (c) => (c === 0 ? NaN : 1)),
        2,
        2,
        0.5,
      ),
    ).toEqual([]);
  });
});

describe('contours', () => {
  it('reaches the edge of the square', () => {
    const [contour] = contours(
      grid(4, (column) => column),
      4,
      [1.5],
    );
    const ys = contour!.lines[0]!.filter((_, i) => i % 2 === 1);
    expect(Math.min(...ys)).toBe(0);
    expect(Math.max(...ys)).toBe(5);
  });

  it('repeats the border once around', () => {
    expect([...padGrid([1, 2, 3, 4], 2)]).toEqual([1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
  });
});

describe('bilinear', () => {
  const side = 48;
  const centre = (i: number) => -1 + ((i + 0.5) * 2) / side;
  const plane = grid(side, (c, r) => 2 * centre(c) - 3 * -centre(r) + 1);

  it('is exact on a plane, rows going down from y = +1', () => {
    for (const [x, y] of [
      [0, 0],
      [0.4, -0.7],
      [-0.95, 0.95],
    ] as const) {
      expect(bilinear(plane, side, x, y)).toBeCloseTo(2 * x - 3 * y + 1, 4);
    }
  });

  it('bilinear extends the border value to the edge and is null outside', () => {
    expect(bilinear(plane, side, 1, 0)).toBeCloseTo(2 * centre(47) + 1, 4);
    expect(bilinear(plane, side, 1.01, 0)).toBeNull();
  });
});

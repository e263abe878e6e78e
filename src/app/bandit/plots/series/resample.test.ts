import { describe, expect, it } from 'vitest';
import { curveRows, valueAt } from './resample.ts';
import type { CurveSeries } from '../types.ts';

const short: CurveSeries = { method: 'bcq', x: [0, 10, 20], y: [0, 1, 0] };
const late: CurveSeries = { method: 'bc-mle', x: [10, 30], y: [5, -5] };

describe('valueAt', () => {
  it('is exact on points, linear between them, and silent outside', () => {
    expect(valueAt(short, 10)).toBe(1);
    expect(valueAt(short, 15)).toBe(0.5);
    expect(valueAt(short, 20)).toBe(0);
    expect(valueAt(short, 21)).toBeNull();
    expect(valueAt({ method: 'bcq', x: [], y: [] }, 0)).toBeNull();
    expect(valueAt({ method: 'bcq', x: [4], y: [7] }, 4)).toBe(7);
  });
});

describe('curveRows', () => {
  it('has a row for every x when they are few', () => {
    expect(curveRows([short, late], 10)).toEqual([
      { x: 0, values: [0, null] },
      { x: 10, values: [1, 5] },
      { x: 20, values: [0, 0] },
      { x: 30, values: [null, -5] },
    ]);
  });

  it('lays many on an even grid that still ends each line at its end', () => {
    const xs = Array.from({ length: 1000 }, (_, i) => i * 1.7);
    const long: CurveSeries = { method: 'diffusion-ql', x: xs, y: xs.map((x) => 2 * x) };
    const rows = curveRows([long, { ...short, x: xs.slice(0, 777), y: xs.slice(0, 777) }], 100);
    expect(rows.length).toBeLessThanOrEqual(102);
    expect(rows.at(-1)!.values[0]).toBeCloseTo(2 * 999 * 1.7, 9);
    expect(Math.max(...rows.map((row) => row.values[1] ?? 0))).toBe(xs[776]);
    expect(rows.every((row) => Math.abs(row.values[0]! - 2 * row.x) < 1e-9)).toBe(true);
  });

  it('leaves out what a logarithm cannot show, and what is not finite', () => {
    expect(curveRows([late], 10, true).map((row) => row.values[0])).toEqual([5, null]);
    expect(curveRows([{ method: 'bcq', x: [1], y: [Infinity] }], 10)[0]!.values).toEqual([null]);
  });
});

import { describe, expect, it } from 'vitest';
import { ThinRows } from './thin-rows.ts';

function filled(capacity: number, count: number): ThinRows {
  const rows = new ThinRows(capacity, 'step');
  for (let step = 0; step < count; step++) rows.append({ step, double: 2 * step });
  return rows;
}

function column(rows: ThinRows, name: string): number[] {
  return Array.from({ length: rows.length }, (_, i) => rows.value(name, i));
}

describe('ThinRows', () => {
  it('keeps all rows while there is room', () => {
    expect(column(filled(10, 7), 'double')).toEqual([0, 2, 4, 6, 8, 10, 12]);
  });

  it.each([9, 10, 11, 12, 13, 64, 100, 999, 1000, 1001])('of %d rows keeps the first and the last, evenly', (count) => {
    for (const capacity of [9, 10]) {
      const rows = filled(capacity, count);
      const steps = column(rows, 'step');
      expect(rows.length).toBeLessThanOrEqual(capacity);
      expect(rows.length).toBeGreaterThanOrEqual(Math.min(count, capacity / 2));
      expect(steps[0]).toBe(0);
      expect(steps.at(-1)).toBe(count - 1);
      for (let i = 1; i + 1 < steps.length; i++) expect(steps[i]! - steps[i - 1]!).toBe(rows.stride);
      expect(column(rows, 'double')).toEqual(steps.map((step) => 2 * step));
    }
  });

  it('has a gap where a row lacks a column', () => {
    const rows = new ThinRows(8, 'step');
    rows.append({ step: 0 });
    rows.append({ step: 1, loss: 5 });
    rows.append({ step: 2 });
    expect(column(rows, 'loss')).toEqual([NaN, 5, NaN]);
  });

  it('goes back, and on from there', () => {
    const rows = filled(8, 30);
    rows.truncate(9);
    expect(rows.lastKey()).toBeLessThan(9);
    for (let step = 9; step < 40; step++) rows.append({ step, double: 0 });
    const steps = column(rows, 'step');
    expect(steps[0]).toBe(0);
    expect(steps.at(-1)).toBe(39);
    expect([...steps].sort((a, b) => a - b)).toEqual(steps);
  });

  it('refuses a bound that keeps nothing', () => {
    expect(() => new ThinRows(2, 'step')).toThrow(/4 or more/);
  });
});

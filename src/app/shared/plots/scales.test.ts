import { describe, expect, it } from 'vitest';
import {
  axisEnd,
  logEnds,
  finiteRange,
  formatFixed,
  formatNumber,
  formatOnScale,
  formatShare,
  logTicks,
  niceLevels,
  niceStep,
  niceTicks,
  roundTicks,
  tickFormat,
} from './scales.ts';

describe('nice numbers', () => {
  it.each([
    [1, 5, 0.2],
    [7, 7, 1],
    [5.2, 7, 0.5],
    [0.003, 5, 0.0005],
    [12_000, 6, 2000],
  ])('cuts %d into about %d by %d', (span, target, step) => {
    expect(niceStep(span, target)).toBeCloseTo(step, 12);
  });

  it('puts levels inside, and ticks on the ends too', () => {
    expect(niceLevels(0, 1, 5)).toEqual([0.2, 0.4, 0.6, 0.8]);
    expect(niceTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(niceTicks(0.03, 5.1, 5)).toEqual([1, 2, 3, 4, 5]);
  });

  it('ends an axis on its ticks, around the values', () => {
    expect(roundTicks(3.7611, 3.806, 3)).toEqual([3.76, 3.77, 3.78, 3.79, 3.8, 3.81]);
    expect(roundTicks(-0.3, 0.9, 3)).toEqual([-0.5, 0, 0.5, 1]);
    expect(roundTicks(2, 2, 5)).toHaveLength(2);
    expect(roundTicks(0, 0, 5)).toEqual([0, 0.2]);
  });

  it('ends a growing axis a little further on, and seldom elsewhere', () => {
    expect([1, 97, 1234, 5900, 6000].map(axisEnd)).toEqual([1, 100, 1400, 6000, 6000]);
    const ends = Array.from({ length: 6000 }, (_, i) => axisEnd(i + 1));
    ends.forEach((end, i) => expect(end).toBeGreaterThanOrEqual(i + 1));
    expect(new Set(ends.slice(600)).size).toBeLessThan(20);
  });

  it('ends a logarithmic axis around its values, on tenths of a power', () => {
    const [low, high] = logEnds(0.021, 3.7);
    expect(Math.log10(low)).toBeCloseTo(-1.7);
    expect(Math.log10(high)).toBeCloseTo(0.6);
    expect(logEnds(0.0205, 3.9)).toEqual([low, high]);
  });

  it('has no levels on a plain', () => {
    expect(niceLevels(2, 2, 7)).toEqual([]);
    expect(niceLevels(NaN, 1, 7)).toEqual([]);
  });

  it('ticks a logarithmic axis by 1, 2 and 5, and a long one by powers', () => {
    expect(logTicks(0.04, 2.3, 5)).toEqual([0.05, 0.1, 0.2, 0.5, 1, 2]);
    expect(logTicks(0.0001, 10, 5)).toEqual([0.0001, 0.001, 0.01, 0.1, 1, 10]);
  });

  it.each([
    [0.217, 0.46],
    [0.108, 0.1093],
    [0.0005, 0.0007],
    [0.46, 0.69],
    [1.02, 4.9],
  ])('ticks a logarithmic axis from %d to %d, below a decade', (low, high) => {
    for (const target of [3, 5]) {
      const ticks = logTicks(low, high, target);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(2 * target);
      expect(Math.min(...ticks)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...ticks)).toBeLessThanOrEqual(high);
    }
  });

  it.each([
    [0.115, 0.135, ['0.115', '0.120', '0.125', '0.130', '0.135']],
    [0, 12_000, ['0', '2,000', '4,000', '6,000', '8,000', '10,000', '12,000']],
    [-0.5, 0.5, ['−0.4', '−0.2', '0.0', '0.2', '0.4']],
    [-1, -0, ['−1.0', '−0.8', '−0.6', '−0.4', '−0.2', '0.0']],
    [0, 5, ['0', '1', '2', '3', '4', '5']],
  ])('writes the ticks from %d to %d so that no two are the same', (low, high, texts) => {
    const ticks = niceTicks(low, high, 5);
    expect(ticks.map(tickFormat(ticks, false))).toEqual(texts);
  });

  it('writes each tick of a logarithmic axis at its own size', () => {
    expect([0.0005, 0.01, 2].map(tickFormat([0.0005, 0.01, 2], true))).toEqual(['0.0005', '0.01', '2']);
  });

  it('ranges over what is finite', () => {
    expect(finiteRange([3, NaN, -1, Infinity])).toEqual([-1, 3]);
    expect(finiteRange([NaN])).toBeNull();
  });
});

describe('numbers in words', () => {
  it.each([
    [0, '0'],
    [1234.5, '1,235'],
    [-0.0402, '−0.0402'],
    [0.99951, '1'],
    [12_345_678, '1.23e7'],
    [0.000012, '1.2e−5'],
    [NaN, 'NaN'],
    [-Infinity, '−∞'],
  ])('%d is %s', (value, text) => expect(formatNumber(value)).toBe(text));

  it.each([
    [0.253, '25 %'],
    [0.002, '<1 %'],
    [0.998, '>99 %'],
    [0, '0 %'],
    [1, '100 %'],
    [NaN, '–'],
  ])('a share of %d is %s', (value, text) => expect(formatShare(value)).toBe(text));

  it('never writes a negative zero', () => {
    expect(formatFixed(-0.001, 2)).toBe('0.00');
    expect(formatFixed(-0.8, 2)).toBe('−0.80');
  });

  it('writes as many decimals as the scale needs', () => {
    expect(formatOnScale(-0.0402, 5.2)).toBe('−0.04');
    expect(formatOnScale(123.4, 800)).toBe('123');
    expect(formatOnScale(0.01234, 0.02)).toBe('0.0123');
  });
});

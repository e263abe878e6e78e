import { describe, expect, it } from 'vitest';
import {
  finiteRange,
  formatFixed,
  formatNumber,
  formatOnScale,
  formatShare,
  logTicks,
  niceLevels,
  niceStep,
  niceTicks,
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

  it('has no levels on a plain', () => {
    expect(niceLevels(2, 2, 7)).toEqual([]);
    expect(niceLevels(NaN, 1, 7)).toEqual([]);
  });

  it('ticks a logarithmic axis by 1, 2 and 5, and a long one by powers', () => {
    expect(logTicks(0.04, 2.3)).toEqual([0.05, 0.1, 0.2, 0.5, 1, 2]);
    expect(logTicks(0.0001, 10)).toEqual([0.0001, 0.001, 0.01, 0.1, 1, 10]);
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

import { describe, expect, it } from 'vitest';
import {
  formatCount,
  formatFixed,
  formatList,
  formatMmd,
  formatRate,
  formatSeconds,
  formatShare,
  formatSignificant,
  MISSING,
} from './format.ts';

describe('numbers as the page writes them', () => {
  it('writes a true minus, and no minus before nothing', () => {
    expect(formatFixed(-1.234)).toBe('−1.23');
    expect(formatFixed(-0.001)).toBe('0.00');
    expect(formatCount(-1200)).toBe('−1,200');
  });

  it('has one sign for what is no number', () => {
    for (const format of [formatCount, formatShare, formatFixed, formatSignificant, formatMmd, formatSeconds]) {
      expect(format(NaN)).toBe(MISSING);
      expect(format(Infinity)).toBe(MISSING);
    }
    expect(formatRate(0)).toBe('–/s');
  });

  it('keeps significant digits at any magnitude', () => {
    expect(formatSignificant(0.001234)).toBe('0.00123');
    expect(formatSignificant(12.345)).toBe('12.3');
    expect(formatSignificant(1.234e-7)).toBe('1.23e-7');
    expect(formatSignificant(12_345_678)).toBe('1.23e7');
    expect(formatSignificant(0)).toBe('0');
  });

  it('writes shares, MMD² and time', () => {
    expect(formatShare(0.9723)).toBe('97.2\u202f%');
    expect(formatMmd(0.00123)).toBe('0.0012');
    expect(formatMmd(1.0991)).toBe('1.099');
    expect(formatSeconds(75.3)).toBe('1\u202fmin 15\u202fs');
    expect(formatRate(412.4)).toBe('412/s');
    expect(formatRate(3.44)).toBe('3.4/s');
  });

  it('joins a list as a sentence does', () => {
    expect(formatList([])).toBe('');
    expect(formatList(['a'])).toBe('a');
    expect(formatList(['a', 'b', 'c'])).toBe('a, b and c');
  });
});

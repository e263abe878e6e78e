import { describe, expect, it } from 'vitest';
import { hexRgb, oklabToRgb, parseHex, rampAt, rgbToOklab } from './color.ts';

describe('OKLab', () => {
  it('goes there and back', () => {
    for (const hex of ['#000000', '#ffffff', '#c93a2b', '#1769b5', '#0f7b4f']) {
      expect(hexRgb(oklabToRgb(rgbToOklab(parseHex(hex))))).toBe(hex);
    }
  });

  it('knows white, black and the published value of red', () => {
    expect(rgbToOklab([255, 255, 255])[0]).toBeCloseTo(1, 4);
    expect(rgbToOklab([0, 0, 0])[0]).toBe(0);
    const [lightness, a, b] = rgbToOklab([255, 0, 0]);
    expect(lightness).toBeCloseTo(0.628, 3);
    expect(a).toBeCloseTo(0.225, 3);
    expect(b).toBeCloseTo(0.126, 3);
  });
});

describe('rampAt', () => {
  it('is at its stops, between them, and no further', () => {
    const stops = [
      [0, 0, 0],
      [0.5, 0.1, 0],
      [1, 0, 0.2],
    ] as const;
    expect(rampAt(stops, 0.5)).toEqual([0.5, 0.1, 0]);
    expect(rampAt(stops, 0.25)).toEqual([0.25, 0.05, 0]);
    expect(rampAt(stops, 2)).toEqual([1, 0, 0.2]);
    expect(rampAt(stops, -1)).toEqual([0, 0, 0]);
  });
});

import { describe, expect, it } from 'vitest';
import { discMask, splat } from './splat.ts';

describe('splat', () => {
  it('covers the disc’s area, wherever in the pixel its middle is', () => {
    for (const [x, y] of [
      [10, 10],
      [10.3, 10.8],
      [10.99, 10.5],
    ] as const) {
      const buffer = new Uint8Array(400);
      splat(buffer, 20, 20, x, y, discMask(3, 1));
      const area = buffer.reduce((sum, value) => sum + value / 255, 0);
      expect(Math.abs(area - Math.PI * 9)).toBeLessThan(0.5);
    }
  });

  it('adds up to density without running over', () => {
    const buffer = new Uint8Array(400);
    const levels: number[] = [];
    for (let i = 0; i < 40; i++) {
      splat(buffer, 20, 20, 10.5, 10.5, discMask(2, 0.5));
      levels.push(buffer[10 * 20 + 10]!);
    }
    expect(levels[0]).toBe(128);
    expect(levels[1]).toBe(192);
    expect(levels.at(-1)).toBe(255);
  });

  it('is cut at the border', () => {
    const buffer = new Uint8Array(16);
    splat(buffer, 4, 4, 0, 0, discMask(1.5, 1));
    splat(buffer, 4, 4, -20, 2, discMask(1.5, 1));
    expect(buffer[0]).toBe(255);
    expect(buffer[15]).toBe(0);
  });
});

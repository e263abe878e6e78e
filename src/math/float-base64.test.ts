import { describe, expect, it } from 'vitest';
import { base64ToFloat32, base64ToFloat64, floatsToBase64 } from './float-base64.ts';

describe('floats as text', () => {
  it('come back with all their bits, also many of them', () => {
    const many = Float64Array.from({ length: 5001 }, (_, i) => Math.sin(i) * 10 ** ((i % 40) - 20));
    expect(base64ToFloat64(floatsToBase64(many))).toEqual(many);
    const few = Float32Array.of(0, -0, 1.1, -3e38, 1e-40);
    expect(base64ToFloat32(floatsToBase64(few))).toEqual(few);
    expect(base64ToFloat32('')).toHaveLength(0);
  });

  it('are little-endian, as other programs write them', () => {
    expect(floatsToBase64(Float32Array.of(1, -2))).toBe('AACAPwAAAMA=');
  });

  it('are refused where they are no base64, or no whole floats', () => {
    expect(() => base64ToFloat32('?')).toThrow('no base64');
    expect(() => base64ToFloat64('AACAPwAAAMAAAAAA')).toThrow(
      'Floats of 64 bits take 8 bytes each; these are 12 bytes.',
    );
  });
});

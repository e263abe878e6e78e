import { describe, expect, it } from 'vitest';
import { base64ToFloat32, base64ToFloat64, floatsToBase64 } from './float-base64.ts';

describe('floats as base64', () => {
  it('floats survive the round trip through base64 with all their bits', () => {
    const many = Float64Array.from({ length: 5001 }, (_, i) => Math.sin(i) * 10 ** ((i % 40) - 20));
    expect(base64ToFloat64(floatsToBase64(many))).toEqual(many);
    const few = Float32Array.of(0, -0, 1.1, -3e38, 1e-40);
    expect(base64ToFloat32(floatsToBase64(few))).toEqual(few);
    expect(base64ToFloat32('')).toHaveLength(0);
  });

  it('the bytes in base64 are little-endian', () => {
    expect(floatsToBase64(Float32Array.of(1, -2))).toBe('AACAPwAAAMA=');
  });

  it('text that is not base64 of whole floats is rejected', () => {
    expect(() => base64ToFloat32('?')).toThrow('no base64');
    expect(() => base64ToFloat64('AACAPwAAAMAAAAAA')).toThrow(
      'Floats of 64 bits take 8 bytes each; these are 12 bytes.',
    );
  });
});

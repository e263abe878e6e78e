import { describe, expect, it } from 'vitest';
import { decodeFloat32, decodeFloat64, encodeFloats } from './float-text.ts';

describe('floats as text', () => {
  it('come back with all their bits, also many of them', () => {
    const many = Float64Array.from({ length: 5001 }, (_, i) => Math.sin(i) * 10 ** ((i % 40) - 20));
    expect(decodeFloat64(encodeFloats(many))).toEqual(many);
    const few = Float32Array.of(0, -0, 1.1, -3e38, 1e-40);
    expect(decodeFloat32(encodeFloats(few))).toEqual(few);
    expect(decodeFloat32('')).toHaveLength(0);
  });

  it('are little-endian, as other programs write them', () => {
    expect(encodeFloats(Float32Array.of(1, -2))).toBe('AACAPwAAAMA=');
  });

  it('are refused where they are no base64, or no whole floats', () => {
    expect(() => decodeFloat32('?')).toThrow('no base64');
    expect(() => decodeFloat64('AACAPwAAAMAAAAAA')).toThrow('Floats of 64 bits take 8 bytes each; these are 12 bytes.');
  });
});

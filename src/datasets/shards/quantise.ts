/**
 * Encodes floats for storage, column by column. The manifest records each column's largest error.
 */
import { fromFloat16, toFloat16 } from '../../math/float16.ts';
import type { Storage } from './manifest.ts';

/** value = offset + scale · q, with q from −32,767 to 32,767; one scale and offset per column. */
export interface Affine {
  scale: number[];
  offset: number[];
}

const Q_MAX = 32_767;

/** The affine map that spans each column's range from `min` to `max`. */
export function affineFor(min: readonly number[], max: readonly number[]): Affine {
  return {
    scale: min.map((low, column) => (max[column]! - low) / (2 * Q_MAX) || 1),
    offset: min.map((low, column) => low / 2 + max[column]! / 2),
  };
}

/** Floats in their stored form, row-major. @param columns numbers per row. @param affine for int16 only. */
export function encodeColumns(
  values: Float32Array | Float64Array,
  storage: Storage,
  columns: number,
  affine: Affine | undefined,
): Float32Array | Uint16Array | Int16Array {
  switch (storage) {
    case 'float32':
      return values instanceof Float32Array ? values : new Float32Array(values);
    case 'float16':
      return Uint16Array.from(values, toFloat16);
    case 'int16': {
      const { scale, offset } = required(affine);
      const quantised = (value: number, i: number) => {
        const q = Math.round((value - offset[i % columns]!) / scale[i % columns]!);
        return Math.max(-Q_MAX, Math.min(Q_MAX, q));
      };
      return Int16Array.from(values, quantised);
    }
  }
}

/** Undoes `encodeColumns`, from the stored bytes. */
export function decodeColumns(
  bytes: Uint8Array<ArrayBuffer>,
  storage: Storage,
  columns: number,
  affine: Affine | undefined,
): Float32Array {
  const { buffer, byteOffset, byteLength } = bytes;
  switch (storage) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, byteLength / 4);
    case 'float16':
      return Float32Array.from(new Uint16Array(buffer, byteOffset, byteLength / 2), fromFloat16);
    case 'int16': {
      const { scale, offset } = required(affine);
      const stored = new Int16Array(buffer, byteOffset, byteLength / 2);
      return Float32Array.from(stored, (q, i) => offset[i % columns]! + scale[i % columns]! * q);
    }
  }
}

function required(affine: Affine | undefined): Affine {
  if (!affine) throw new Error('int16 needs the scale and offset of each column.');
  return affine;
}

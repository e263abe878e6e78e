/**
 * How floats become what a shard stores, column by column. Of every column it is known how far a stored value lies at
 * most from the source's.
 */
import { fromHalf, toHalf } from '../../math/half.ts';
import type { Storage } from './manifest.ts';

/** value = offset + scale · q, with q from −32,767 to 32,767: one scale and offset a column. */
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

/** Floats in the form that is stored, row-major. `columns` numbers a row; `affine` for int16 alone. */
export function encodeFloats(
  values: Float32Array | Float64Array,
  storage: Storage,
  columns: number,
  affine: Affine | undefined,
): Float32Array | Uint16Array | Int16Array {
  switch (storage) {
    case 'float32':
      return values instanceof Float32Array ? values : new Float32Array(values);
    case 'float16':
      return Uint16Array.from(values, toHalf);
    case 'int16': {
      const { scale, offset } = demanded(affine);
      const quantised = (value: number, i: number) => {
        const q = Math.round((value - offset[i % columns]!) / scale[i % columns]!);
        return Math.max(-Q_MAX, Math.min(Q_MAX, q));
      };
      return Int16Array.from(values, quantised);
    }
  }
}

/** Undoes `encodeFloats`, from the stored bytes. */
export function decodeFloats(
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
      return Float32Array.from(new Uint16Array(buffer, byteOffset, byteLength / 2), fromHalf);
    case 'int16': {
      const { scale, offset } = demanded(affine);
      const stored = new Int16Array(buffer, byteOffset, byteLength / 2);
      return Float32Array.from(stored, (q, i) => offset[i % columns]! + scale[i % columns]! * q);
    }
  }
}

function demanded(affine: Affine | undefined): Affine {
  if (!affine) throw new Error('int16 needs the scale and offset of each column.');
  return affine;
}

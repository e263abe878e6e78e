/**
 * Float arrays in the memory of the wasm backend, so that data that are read into one become a tensor without a copy.
 * On the other backends they are ordinary arrays.
 */
import { tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import { makeTensor, runningSimd, valuesOf } from './wasm/tensors.ts';

/** The tensor whose memory an array views. */
const tensors = new WeakMap<Float32Array, Tensor2D>();

/**
 * Uninitialised arrays of these shapes [n, width]. They are valid until the backend next allocates memory, and must be
 * passed to `deviceArrayTensor` or `releaseDeviceArray`.
 */
export function deviceArrays(shapes: readonly [rows: number, width: number][]): Float32Array[] {
  if (!runningSimd()) return shapes.map(([rows, width]) => new Float32Array(rows * width));
  // All are allocated first: memory that grows detaches earlier arrays.
  const made = shapes.map((shape) => makeTensor(shape) as Tensor2D);
  return made.map((tensor) => {
    const values = valuesOf(tensor);
    tensors.set(values, tensor);
    return values;
  });
}

/** A tensor [n, width] of the values, without a copy where possible. The caller owns it. */
export function deviceArrayTensor(values: Float32Array, shape: [rows: number, width: number]): Tensor2D {
  const found = tensors.get(values);
  tensors.delete(values);
  return found ?? tensor2d(values, shape);
}

/** Frees an array that did not become a tensor. */
export function releaseDeviceArray(values: Float32Array): void {
  tensors.get(values)?.dispose();
  tensors.delete(values);
}

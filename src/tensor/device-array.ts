/**
 * Float arrays that lie where the tensors of the wasm backend do: what is read into one is a tensor without a copy. On the other
 * backends they are ordinary arrays.
 */
import { tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import { makeTensor, runningSimd, valuesOf } from './wasm/tensors.ts';

/** The tensor that an array is the values of. */
const tensors = new WeakMap<Float32Array, Tensor2D>();

/**
 * Arrays of these shapes [n, width], whatever was there before in them. They are valid until the backend is next asked for memory,
 * and take up room there until `deviceArrayTensor` or `releaseDeviceArray` has them.
 */
export function deviceArrays(shapes: readonly [rows: number, width: number][]): Float32Array[] {
  if (!runningSimd()) return shapes.map(([rows, width]) => new Float32Array(rows * width));
  // Each may make the memory grow, which ends the arrays that were there before.
  const made = shapes.map((shape) => makeTensor(shape) as Tensor2D);
  return made.map((tensor) => {
    const values = valuesOf(tensor);
    tensors.set(values, tensor);
    return values;
  });
}

/** A tensor [n, width] of the values: the one that they lie in, which the caller then owns, or a new one. */
export function deviceArrayTensor(values: Float32Array, shape: [rows: number, width: number]): Tensor2D {
  const found = tensors.get(values);
  tensors.delete(values);
  return found ?? tensor2d(values, shape);
}

/** Gives the room of an array back that never became a tensor. */
export function releaseDeviceArray(values: Float32Array): void {
  tensors.get(values)?.dispose();
  tensors.delete(values);
}

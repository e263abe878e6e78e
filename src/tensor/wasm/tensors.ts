/** Tensors as the SIMD kernels see them: places in the memory of tfjs' wasm backend. */
import { engine, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { simdContext } from '../backend-state.ts';
import { wrap } from '../engine.ts';
import type { SimdContext } from './module.ts';
import { everyStep, refuseWhileNoting } from './capture.ts';

const backend = () => engine().backend as BackendWasm;

/** The SIMD kernels, if they are what runs. */
export function runningSimd(): SimdContext | null {
  return engine().backendName === 'wasm' ? simdContext() : null;
}

export function pointerOf({ dataId }: TensorInfo): number {
  return backend().getMemoryOffset(dataId);
}

/** A tensor whose values are yet to be written. */
export function makeTensor(shape: readonly number[], dtype: 'float32' | 'int32' = 'float32'): Tensor {
  return wrap(backend().makeOutput([...shape], dtype));
}

/** A float32 tensor of zeros, also where the step is run again. */
export function makeZeros(shape: readonly number[]): Tensor {
  const made = makeTensor(shape);
  everyStep(() => valuesOf(made).fill(0));
  return made;
}

/**
 * The values of a tensor, float32 unless it is of integers, where they stand; valid until memory is next asked for.
 * @throws Error while a step is noted, outside of what is done at every step.
 */
export function valuesOf(tensor: TensorInfo): Float32Array {
  refuseWhileNoting('reads or writes tensors');
  return backend().typedArrayFromHeap(tensor) as Float32Array;
}

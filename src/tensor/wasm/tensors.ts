/** Tensors as the SIMD kernels see them: places in the memory of tfjs' wasm backend. */
import { engine, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { simdContext } from '../backend-state.ts';
import { wrap } from '../engine.ts';
import type { SimdContext } from './module.ts';

const backend = () => engine().backend as BackendWasm;

/** The SIMD kernels, if they are what runs. */
export function runningSimd(): SimdContext | null {
  return engine().backendName === 'wasm' ? simdContext() : null;
}

export function pointerOf({ dataId }: TensorInfo): number {
  return backend().getMemoryOffset(dataId);
}

/** A float32 tensor whose values are yet to be written. */
export function makeTensor(shape: readonly number[]): Tensor {
  return wrap(backend().makeOutput([...shape], 'float32'));
}

/** The values of a float32 tensor where they stand; valid until memory is next asked for. */
export function valuesOf(tensor: TensorInfo): Float32Array {
  return backend().typedArrayFromHeap(tensor) as Float32Array;
}

/** Tensors as the SIMD kernels see them: addresses in the memory of tfjs' wasm backend. */
import { engine, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { simdContext } from '../backend-state.ts';
import { wrap } from '../engine.ts';
import type { SimdContext } from './module.ts';
import { captureCallback, refuseDuringCapture } from './capture.ts';

const backend = () => engine().backend as BackendWasm;

/** The SIMD kernels if the running backend has them, else null. */
export function runningSimd(): SimdContext | null {
  return engine().backendName === 'wasm' ? simdContext() : null;
}

export function pointerOf({ dataId }: TensorInfo): number {
  return backend().getMemoryOffset(dataId);
}

/** A tensor whose values are not initialised. */
export function makeTensor(shape: readonly number[], dtype: 'float32' | 'int32' = 'float32'): Tensor {
  return wrap(backend().makeOutput([...shape], dtype));
}

/** A float32 tensor of zeros, filled again at every replay. */
export function makeZeros(shape: readonly number[]): Tensor {
  const made = makeTensor(shape);
  captureCallback(() => valuesOf(made).fill(0));
  return made;
}

/**
 * A view of a tensor's values, float32 or int32, valid until the next allocation.
 * @throws Error during a capture, outside of a captured callback.
 */
export function valuesOf(tensor: TensorInfo): Float32Array {
  refuseDuringCapture('reads or writes tensors');
  return backend().typedArrayFromHeap(tensor) as Float32Array;
}

/**
 * Numbers that change from one gradient step to the next (a learning rate, η, a coin, the step's number). Kernels read
 * them from memory, so that a recorded step can be replayed with other numbers.
 */
import { tensor, tensor1d, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { runningGpu } from './engine.ts';
import { captureCallback } from './wasm/capture.ts';
import { runningSimd, valuesOf } from './wasm/tensors.ts';

/** Returns the number for the step that is about to run. */
export type StepInput = () => number;

/** The buffer that a recorded step reads its inputs from. */
interface StepInputBuffer {
  /** Adds a number; the kernel reads `tensor[index]`. */
  add(value: StepInput): { tensor: Tensor1D; index: number };
  /** Adds a whole tensor that the host provides at each step. */
  addTensor(values: () => Float32Array | Int32Array, tensor: Tensor): void;
}

let stepInputBuffer: StepInputBuffer | null = null;

/** Sets the buffer of the step that is being captured, or null. */
export function setStepInputBuffer(current: StepInputBuffer | null): void {
  stepInputBuffer = current;
}

/** Numbers as a tensor, with the index of each. `dispose` does nothing if a recording owns the tensor. */
export function stepInputTensor(values: readonly StepInput[]): {
  tensor: Tensor1D;
  indices: number[];
  /** Whether a recording owns the tensor. */
  isRecorded: boolean;
  dispose(): void;
} {
  const current = stepInputBuffer;
  if (current) {
    const places = values.map((value) => current.add(value));
    return {
      tensor: (places[0] as { tensor: Tensor1D }).tensor,
      indices: places.map(({ index }) => index),
      isRecorded: true,
      dispose: () => undefined,
    };
  }
  const tensor = tensor1d(values.map((value) => value()));
  return { tensor, indices: values.map((_, index) => index), isRecorded: false, dispose: () => tensor.dispose() };
}

/** A tensor whose values the host provides at each step. */
export function hostTensor(
  values: () => Float32Array | Int32Array,
  shape: readonly number[],
  dtype: 'float32' | 'int32',
): Tensor {
  const made = tensor(values(), [...shape], dtype);
  stepInputBuffer?.addTensor(values, made);
  if (runningSimd()) captureCallback(() => valuesOf(made).set(values()));
  return made;
}

/**
 * Step inputs for a kernel. On WebGPU they are the kernel's input `given`, and `numbers` are their indices in it; on
 * the other backends `numbers` are the values themselves.
 */
export function stepInputs<Name extends string>(
  values: Readonly<Record<Name, StepInput>>,
): {
  inputs: Record<string, Tensor>;
  numbers: Record<Name, number>;
  /** The attributes of the step that is about to run; null on WebGPU. */
  perStep: (() => Record<Name, number>) | null;
  dispose(): void;
} {
  const names = Object.keys(values) as Name[];
  const table = (of: (name: Name, index: number) => number) =>
    Object.fromEntries(names.map((name, index) => [name, of(name, index)])) as Record<Name, number>;
  if (!runningGpu()) {
    const perStep = () => table((name) => values[name]());
    return { inputs: {}, numbers: perStep(), perStep, dispose: () => undefined };
  }
  const given = stepInputTensor(names.map((name) => values[name]));
  return {
    inputs: { given: given.tensor },
    numbers: table((_, index) => given.indices[index] as number),
    perStep: null,
    dispose: given.dispose,
  };
}

/**
 * Numbers that change from one gradient step to the next (a learning rate, η, a coin, the step's number). A kernel reads
 * them from memory, so that a step that was recorded once can be run again with other numbers.
 */
import { tensor, tensor1d, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { runningGpu } from './engine.ts';
import { everyStep } from './wasm/capture.ts';
import { runningSimd, valuesOf } from './wasm/tensors.ts';

/** Gives the number for the step that is about to run. */
export type StepInput = () => number;

/** Numbers that a recorded step reads from one buffer. */
export interface StepInputBuffer {
  /** Takes up a number; the kernel reads `tensor[index]`. */
  add(value: StepInput): { tensor: Tensor1D; index: number };
  /** Takes up a whole tensor that the host gives at each step. */
  addTensor(values: () => Float32Array | Int32Array, tensor: Tensor): void;
}

let slots: StepInputBuffer | null = null;

/** For the recorder: where numbers are taken up while a step is recorded, or null. */
export function setStepInputBuffer(current: StepInputBuffer | null): void {
  slots = current;
}

/** Numbers as a tensor in which each has an index of its own. The caller disposes it, unless a recording holds it. */
export function stepInputTensor(values: readonly StepInput[]): {
  tensor: Tensor1D;
  indices: number[];
  /** Whether a recording holds it. */
  isHeld: boolean;
  dispose(): void;
} {
  const current = slots;
  if (current) {
    const places = values.map((value) => current.add(value));
    return {
      tensor: (places[0] as { tensor: Tensor1D }).tensor,
      indices: places.map(({ index }) => index),
      isHeld: true,
      dispose: () => undefined,
    };
  }
  const tensor = tensor1d(values.map((value) => value()));
  return { tensor, indices: values.map((_, index) => index), isHeld: false, dispose: () => tensor.dispose() };
}

/** A tensor whose values the host gives at each step. */
export function hostTensor(
  values: () => Float32Array | Int32Array,
  shape: readonly number[],
  dtype: 'float32' | 'int32',
): Tensor {
  const made = tensor(values(), [...shape], dtype);
  slots?.addTensor(values, made);
  if (runningSimd()) everyStep(() => valuesOf(made).set(values()));
  return made;
}

/**
 * Varying numbers for a kernel: on WebGPU they come as its input `given`, and `numbers` are their places in it; on the
 * other backends `numbers` are the numbers themselves.
 */
export function stepInputs<Name extends string>(
  values: Readonly<Record<Name, StepInput>>,
): {
  inputs: Record<string, Tensor>;
  numbers: Record<Name, number>;
  /** The numbers of the step that is about to run, where a kernel is given them; null on WebGPU. */
  varying: (() => Record<Name, number>) | null;
  dispose(): void;
} {
  const names = Object.keys(values) as Name[];
  const table = (of: (name: Name, index: number) => number) =>
    Object.fromEntries(names.map((name, index) => [name, of(name, index)])) as Record<Name, number>;
  if (!runningGpu()) {
    const varying = () => table((name) => values[name]());
    return { inputs: {}, numbers: varying(), varying, dispose: () => undefined };
  }
  const given = stepInputTensor(names.map((name) => values[name]));
  return {
    inputs: { given: given.tensor },
    numbers: table((_, index) => given.indices[index] as number),
    varying: null,
    dispose: given.dispose,
  };
}

/**
 * Random numbers from named Philox streams: they depend on the seed, the name and the step, not on the order of draws.
 */
import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { hash32, RandomStream } from '../math/streams.ts';
import type { Draws } from './draws.ts';
import { runningGpu } from './engine.ts';
import { sizeOf } from './kernel-overrides.ts';
import { philoxDraw, type PhiloxDraw } from './webgpu/philox.ts';
import { captureCallback } from './wasm/capture.ts';
import { makeTensor, pointerOf, runningSimd, valuesOf } from './wasm/tensors.ts';

export class StreamDraws implements Draws {
  readonly #streams = new Map<string, RandomStream>();
  readonly #seed: number;
  #step = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Moves all streams to a step. Returns itself. */
  at(step: number): this {
    this.#step = step;
    return this;
  }

  normal(name: string, shape: readonly number[]): Tensor {
    const backend = runningGpu();
    if (backend) return this.#drawOnGpu(backend, name, shape, { kind: 'normal' });
    const stream = this.#stream(name);
    const simd = runningSimd();
    if (!simd) return this.#fill(shape, 'float32', (values, step) => stream.fillNormal(values as Float32Array, step));
    const result = makeTensor(shape);
    const at = pointerOf(result);
    captureCallback(() => {
      simd.kernels.fillNormal(at, result.size, this.#step, stream.seed, stream.key);
    });
    return result;
  }

  uniform(name: string, shape: readonly number[]): Tensor {
    const backend = runningGpu();
    if (backend) return this.#drawOnGpu(backend, name, shape, { kind: 'uniform' });
    const stream = this.#stream(name);
    return this.#fill(shape, 'float32', (values, step) => stream.fillUniform(values as Float32Array, step));
  }

  integers(name: string, shape: readonly number[], bound: number): Tensor {
    const backend = runningGpu();
    if (backend) return this.#drawOnGpu(backend, name, shape, { kind: 'integers', bound });
    const stream = this.#stream(name);
    return this.#fill(shape, 'int32', (values, step) => stream.fillIntegers(values as Int32Array, bound, step));
  }

  coin(name: string): number {
    return this.#stream(name).uniform(this.#step);
  }

  #drawOnGpu(backend: WebGPUBackend, name: string, shape: readonly number[], draw: PhiloxDraw): Tensor {
    return philoxDraw(backend, this.#seed, hash32(name), () => this.#step, shape, draw);
  }

  #fill(
    shape: readonly number[],
    dtype: 'float32' | 'int32',
    fill: (values: Float32Array | Int32Array, step: number) => void,
  ): Tensor {
    if (runningSimd()) {
      const result = makeTensor(shape, dtype);
      captureCallback(() => fill(valuesOf(result), this.#step));
      return result;
    }
    const size = sizeOf(shape);
    const values = dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
    fill(values, this.#step);
    return tensor(values, [...shape], dtype);
  }

  #stream(name: string): RandomStream {
    let stream = this.#streams.get(name);
    if (!stream) {
      stream = new RandomStream(this.#seed, name);
      this.#streams.set(name, stream);
    }
    return stream;
  }
}

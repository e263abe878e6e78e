/** Random numbers from named Philox streams: a name and a step give the same numbers whoever asks, and in any order. */
import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { hash32, RandomStream } from '../math/streams.ts';
import type { Draws } from './draws.ts';
import { runningGpu } from './engine.ts';
import { philoxDraw, type PhiloxDraw } from './kernels/philox.ts';

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

export class StreamDraws implements Draws {
  readonly #streams = new Map<string, RandomStream>();
  readonly #seed: number;
  #step = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The same streams at another step. Returns itself. */
  at(step: number): this {
    this.#step = step;
    return this;
  }

  normal(name: string, shape: readonly number[]): Tensor {
    const backend = runningGpu();
    if (backend) return this.#drawn(backend, name, shape, { kind: 'normal' });
    const values = new Float32Array(sizeOf(shape));
    this.#stream(name).fillNormal(values, this.#step);
    return tensor(values, [...shape]);
  }

  uniform(name: string, shape: readonly number[]): Tensor {
    const backend = runningGpu();
    if (backend) return this.#drawn(backend, name, shape, { kind: 'uniform' });
    const values = new Float32Array(sizeOf(shape));
    this.#stream(name).fillUniform(values, this.#step);
    return tensor(values, [...shape]);
  }

  integers(name: string, shape: readonly number[], bound: number): Tensor {
    const backend = runningGpu();
    if (backend) return this.#drawn(backend, name, shape, { kind: 'integers', bound });
    const values = new Int32Array(sizeOf(shape));
    this.#stream(name).fillIntegers(values, bound, this.#step);
    return tensor(values, [...shape], 'int32');
  }

  coin(name: string): number {
    return this.#stream(name).uniform(this.#step);
  }

  #drawn(backend: WebGPUBackend, name: string, shape: readonly number[], draw: PhiloxDraw): Tensor {
    return philoxDraw(backend, this.#seed, hash32(name), () => this.#step, shape, draw);
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

/** Random numbers from tfjs' own generators. */
import { randomNormal, randomUniform, randomUniformInt, type Tensor } from '@tensorflow/tfjs-core';
import { RandomStream } from '../../math/streams.ts';
import type { Draws } from '../../tensor/draws.ts';

export class PlainDraws implements Draws {
  readonly #coins = new RandomStream(0, 'bench/coins');
  #coinsTossed = 0;

  normal(_name: string, shape: readonly number[]): Tensor {
    return randomNormal(shape as [number]);
  }

  uniform(_name: string, shape: readonly number[]): Tensor {
    return randomUniform(shape as [number]);
  }

  integers(_name: string, shape: readonly number[], bound: number): Tensor {
    return randomUniformInt(shape as [number], 0, bound);
  }

  coin(): number {
    return this.#coins.uniform(this.#coinsTossed++);
  }
}

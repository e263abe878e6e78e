/** Random numbers of one gradient step or one sampling, each draw with a name. */
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * A draw depends on its name and the step, but not on the other draws. Two methods that draw by the same name in the
 * same step get the same numbers.
 */
export interface Draws {
  /** Standard normal, float32. */
  normal(name: string, shape: readonly number[]): Tensor;
  /** Uniform in [0, 1), float32. */
  uniform(name: string, shape: readonly number[]): Tensor;
  /** Uniform in {0, …, bound − 1}, int32. */
  integers(name: string, shape: readonly number[], bound: number): Tensor;
  /** One uniform number in [0, 1) on the host, for a branch of the code. */
  coin(name: string): number;
}

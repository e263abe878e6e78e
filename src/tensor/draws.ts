/** The random numbers of one gradient step or one sampling, by the name of their use. */
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * Every draw is named, and a name's draws in a step do not depend on which other names were asked for. Two methods
 * that ask for the same name in the same step get the same numbers; a recording can be played back instead.
 */
export interface Draws {
  /** Standard normal, float32. */
  normal(name: string, shape: readonly number[]): Tensor;
  /** Uniform in [0, 1), float32. */
  uniform(name: string, shape: readonly number[]): Tensor;
  /** Uniform in {0, …, bound − 1}, int32. */
  integers(name: string, shape: readonly number[], bound: number): Tensor;
  /** One uniform number in [0, 1) on the host, for a choice that the code branches on. */
  coin(name: string): number;
}

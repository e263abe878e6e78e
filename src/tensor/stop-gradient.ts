/** `stop_gradient`, which tfjs does not have. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { withGradient } from './with-gradient.ts';

/** Evaluates `expression` off the tape: no gradient passes through it, and nothing is stored for one. */
export function stopGradient<T extends Tensor>(expression: () => T): T {
  return withGradient(
    {},
    () => ({ result: expression(), saved: null }),
    () => ({}),
  ) as T;
}

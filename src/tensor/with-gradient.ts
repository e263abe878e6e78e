/** Operations with custom gradients. */
import { engine, Tensor, type KernelBackend } from '@tensorflow/tfjs-core';
import { isDifferentiated } from './engine.ts';

/** What tfjs' engine offers for operations with a lazily computed gradient (not in its public types). */
interface CustomGradientEngine {
  runKernelFunc(invocation: {
    forwardFunc: (backend: KernelBackend, save: (tensors: Tensor[]) => void) => Tensor;
    backwardsFunc: (dy: Tensor, saved: Tensor[]) => Record<string, () => Tensor>;
    inputs: Record<string, Tensor>;
    attrs: object;
  }): Tensor;
}

/** A nested structure of tensors. */
type Saved = Tensor | null | readonly Saved[] | { readonly [name: string]: Saved };

function flattened(saved: Saved): Tensor[] {
  if (saved === null) return [];
  return saved instanceof Tensor ? [saved] : Object.values(saved).flatMap(flattened);
}

/** The same structure with the next tensors of `from`. */
function refilled(saved: Saved, from: Iterator<Tensor>): Saved {
  if (saved === null) return null;
  if (saved instanceof Tensor) return from.next().value as Tensor;
  if (Array.isArray(saved)) return saved.map((each: Saved) => refilled(each, from));
  return Object.fromEntries(Object.entries(saved).map(([name, each]) => [name, refilled(each as Saved, from)]));
}

/**
 * Runs an operation with a custom gradient. Unlike in `customGrad`, the gradient of an input is computed only if it is
 * needed.
 * @param forward returns the result and the tensors that the gradient needs; `keeps` is whether there may be a gradient
 */
export function withGradient<S extends Saved>(
  inputs: Record<string, Tensor>,
  forward: (keeps: boolean) => { result: Tensor; saved: S },
  backward: (dy: Tensor, saved: S) => Record<string, () => Tensor>,
): Tensor {
  const tfjs = engine() as unknown as CustomGradientEngine;
  const keeps = isDifferentiated();
  let saved: Saved = null;
  return tfjs.runKernelFunc({
    forwardFunc: (_backend, save) => {
      const made = forward(keeps);
      saved = made.saved;
      save(flattened(saved));
      return made.result;
    },
    backwardsFunc: (dy, tensors) => backward(dy, refilled(saved, tensors.values()) as S),
    inputs,
    attrs: {},
  });
}

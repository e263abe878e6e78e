/** The Q term of a policy's loss on the wasm backend, as one operation. */
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';

import type { MlpSpec } from '../mlp-layout.ts';
import { withGradient } from '../with-gradient.ts';
import type { SimdContext } from './module.ts';
import { everyStep } from './capture.ts';
import { sideBySide } from './regression.ts';
import { gradientsBack, makeKept, outputsOf } from './tensor-passes.ts';
import { makeTensor, valuesOf } from './tensors.ts';

/**
 * −mean Q_j / mean |Q_k| (the denominator held constant, or 1 without `scaling`) and mean Q_j, for Q of states [B, S]
 * and actions [B, A] under the flat parameters `climbed` (j) and `scaling` (k). The loss is differentiable in the actions.
 */
export function climbedQ(
  context: SimdContext,
  spec: MlpSpec,
  climbed: Tensor,
  scaling: Tensor | null,
  states: Tensor2D,
  actions: Tensor2D,
): { loss: Scalar; meanQ: Scalar } {
  const [count, stateWidth] = states.shape;
  const meanQ = makeTensor([]);
  const mean = (q: Tensor, of: (value: number) => number) =>
    valuesOf(q).reduce((total, value) => total + of(value), 0) / count;
  let scale = 1;
  const loss = withGradient(
    { actions },
    () => {
      const x = sideBySide(context, [states, actions]);
      const scaled = scaling && outputsOf(context, spec, scaling, x, null);
      const kept = makeKept(spec, count);
      const q = outputsOf(context, spec, climbed, x, kept);
      const result = makeTensor([]);
      everyStep(() => {
        if (scaled) scale = Math.max(mean(scaled, Math.abs), SMALLEST_SCALE);
        const found = mean(q, (value) => value);
        valuesOf(meanQ)[0] = found;
        valuesOf(result)[0] = -found / scale;
      });
      return { result, saved: { climbed, kept } };
    },
    (dy, { climbed, kept }) => ({
      actions: () => {
        const dQ = makeTensor([count, 1]);
        everyStep(() => valuesOf(dQ).fill(-(valuesOf(dy)[0] as number) / (scale * count)));
        return gradientsBack(context, spec, climbed, kept, dQ, [stateWidth, actions.shape[1]]).dInputs;
      },
    }),
  ) as Scalar;
  return { loss, meanQ: meanQ as Scalar };
}

/** Keeps the scale finite where Q is 0 everywhere; far below any Q that is learned. */
export const SMALLEST_SCALE = 1e-8;

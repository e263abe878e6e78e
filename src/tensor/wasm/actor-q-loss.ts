/** The Q term of a policy's loss on the wasm backend, as one operation. */
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';

import type { MlpSpec } from '../mlp-layout.ts';
import { withGradient } from '../with-gradient.ts';
import type { SimdContext } from './module.ts';
import { captureCallback } from './capture.ts';
import { concatColumns } from './regression.ts';
import { runMlpBackward, makeSavedActivations, runMlpForward } from './tensor-passes.ts';
import { makeTensor, valuesOf } from './tensors.ts';

/**
 * −mean Q_j / mean |Q_k| (the denominator is constant, and 1 without `scaling`) and mean Q_j, for Q of states [B, S] and
 * actions [B, A] under the flat parameters `critic` (j) and `scaling` (k). The loss is differentiable in the actions.
 */
export function actorQLossWasm(
  context: SimdContext,
  spec: MlpSpec,
  critic: Tensor,
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
      const x = concatColumns(context, [states, actions]);
      const scaled = scaling && runMlpForward(context, spec, scaling, x, null);
      const activations = makeSavedActivations(spec, count);
      const q = runMlpForward(context, spec, critic, x, activations);
      const result = makeTensor([]);
      captureCallback(() => {
        if (scaled) scale = Math.max(mean(scaled, Math.abs), SMALLEST_SCALE);
        const average = mean(q, (value) => value);
        valuesOf(meanQ)[0] = average;
        valuesOf(result)[0] = -average / scale;
      });
      return { result, saved: { critic, activations } };
    },
    (dy, { critic, activations }) => ({
      actions: () => {
        const dQ = makeTensor([count, 1]);
        captureCallback(() => valuesOf(dQ).fill(-(valuesOf(dy)[0] as number) / (scale * count)));
        return runMlpBackward(context, spec, critic, activations, dQ, [stateWidth, actions.shape[1]]).dInputs;
      },
    }),
  ) as Scalar;
  return { loss, meanQ: meanQ as Scalar };
}

/** Avoids a division by 0 where every Q is 0; far below any learned Q. */
export const SMALLEST_SCALE = 1e-8;

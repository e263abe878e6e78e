/** The Q term of a policy's loss on the wasm backend, as one operation. */
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { withGradient } from '../define-kernel.ts';
import { SMALLEST_SCALE } from '../kernels/chosen-q.ts';
import { mlpLayout, type MlpSpec } from '../kernels/mlp.ts';
import type { SimdContext } from './module.ts';
import { backwardPass, forwardPass } from './passes.ts';
import { sideBySide } from './regression.ts';
import { makeTensor, pointerOf, valuesOf } from './tensors.ts';

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
  const { hiddenWidth } = mlpLayout(spec);
  const meanQ = makeTensor([]);
  const mean = (q: Tensor, of: (value: number) => number) =>
    valuesOf(q).reduce((total, value) => total + of(value), 0) / count;
  let scale = 1;
  const loss = withGradient(
    { actions },
    (save) => {
      const x = sideBySide(context, [states, actions]);
      const q = makeTensor([count, 1]);
      const [hidden, slopes] = [makeTensor([count * hiddenWidth]), makeTensor([count * hiddenWidth])];
      const ask = (params: Tensor, keep: boolean) => {
        forwardPass(context, spec, count, {
          x: pointerOf(x),
          params: pointerOf(params),
          y: pointerOf(q),
          hidden: pointerOf(hidden),
          slopes: keep ? pointerOf(slopes) : 0,
        });
      };
      if (scaling) {
        ask(scaling, false);
        scale = Math.max(mean(q, Math.abs), SMALLEST_SCALE);
      }
      ask(climbed, true);
      const found = mean(q, (value) => value);
      const result = makeTensor([]);
      valuesOf(meanQ)[0] = found;
      valuesOf(result)[0] = -found / scale;
      save([climbed, slopes]);
      return result;
    },
    (dy, [params, slopes]) => ({
      actions: () => {
        const [dQ, dActions] = [makeTensor([count, 1]), makeTensor(actions.shape)];
        const deltas = makeTensor([count * hiddenWidth]);
        valuesOf(dQ).fill(-(valuesOf(dy)[0] as number) / (scale * count));
        backwardPass(
          context,
          spec,
          count,
          {
            dy: pointerOf(dQ),
            params: pointerOf(params as Tensor),
            slopes: pointerOf(slopes as Tensor),
            dx: pointerOf(dActions),
            deltas: pointerOf(deltas),
          },
          [stateWidth, actions.shape[1]],
        );
        return dActions;
      },
    }),
  ) as Scalar;
  return { loss, meanQ: meanQ as Scalar };
}

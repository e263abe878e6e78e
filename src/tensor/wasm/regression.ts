/** Σ mean (f(x) − y)² of MLPs of one shape on the wasm backend. */
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { isTapeOn, withGradient } from '../define-kernel.ts';
import { mlpLayout, type MlpSpec } from '../kernels/mlp.ts';
import type { SimdContext } from './module.ts';
import { backwardPass, forwardPass, parameterPass } from './passes.ts';
import { makeTensor, pointerOf, valuesOf } from './tensors.ts';

/** Σ mean (y − target)² over the predictions; writes their differences. */
export function meanSquares(
  { kernels }: SimdContext,
  predictions: readonly Tensor[],
  target: Tensor,
  differences: readonly Tensor[],
): Tensor {
  const { size } = target;
  let sum = 0;
  predictions.forEach((predicted, i) => {
    const difference = pointerOf(differences[i] as Tensor);
    kernels.subtract(pointerOf(predicted), pointerOf(target), difference, size);
    sum += kernels.sumOfSquares(difference, size) / size;
  });
  const loss = makeTensor([]);
  valuesOf(loss)[0] = sum;
  return loss;
}

/** Gradient of a prediction, from that of the loss. */
export function meanSquaresGradient({ kernels }: SimdContext, dy: Tensor, difference: Tensor): Tensor {
  const gradient = makeTensor(difference.shape);
  const { size } = difference;
  kernels.scale(pointerOf(difference), (2 * (valuesOf(dy)[0] as number)) / size, pointerOf(gradient), size);
  return gradient;
}

/** Inputs [B, …] side by side. */
export function sideBySide({ kernels }: SimdContext, inputs: readonly Tensor2D[]): Tensor2D {
  const rows = inputs[0]?.shape[0] as number;
  const total = inputs.reduce((sum, { shape }) => sum + shape[1], 0);
  const x = makeTensor([rows, total]);
  let column = 0;
  for (const input of inputs) {
    const width = input.shape[1];
    kernels.putColumns(pointerOf(x), total, column, pointerOf(input), width, width, rows);
    column += width;
  }
  return x as Tensor2D;
}

/**
 * The loss for inputs [B, …] that make up the networks' input side by side and targets [B, out]. Differentiable in the
 * flat parameters of each network.
 */
export function regression(
  context: SimdContext,
  inputs: readonly Tensor2D[],
  networks: readonly Tensor[],
  spec: MlpSpec,
  targets: Tensor2D,
): Scalar {
  const count = targets.shape[0];
  const { hiddenWidth, parameterCount } = mlpLayout(spec);
  const keeps = isTapeOn();
  return withGradient(
    Object.fromEntries(networks.map((params, i) => [`params${i}`, params])),
    (save) => {
      const x = sideBySide(context, inputs);
      const each = networks.map((params) => {
        const predicted = makeTensor(targets.shape);
        const [hidden, slopes] = [makeTensor([count * hiddenWidth]), makeTensor([count * hiddenWidth])];
        forwardPass(context, spec, count, {
          x: pointerOf(x),
          params: pointerOf(params),
          y: pointerOf(predicted),
          hidden: pointerOf(hidden),
          slopes: pointerOf(slopes),
        });
        return { params, predicted, difference: makeTensor(targets.shape), hidden, slopes };
      });
      if (keeps)
        save([x, ...each.flatMap(({ params, difference, hidden, slopes }) => [params, difference, hidden, slopes])]);
      return meanSquares(
        context,
        each.map(({ predicted }) => predicted),
        targets,
        each.map(({ difference }) => difference),
      );
    },
    (dy, [x, ...saved]) =>
      Object.fromEntries(
        networks.map((_, i) => {
          const [params, difference, hidden, slopes] = saved.slice(4 * i, 4 * i + 4) as [
            Tensor,
            Tensor,
            Tensor,
            Tensor,
          ];
          const gradientOf = () => {
            const dOutputs = meanSquaresGradient(context, dy, difference);
            const deltas = makeTensor([count * hiddenWidth]);
            const backward = {
              dy: pointerOf(dOutputs),
              params: pointerOf(params),
              slopes: pointerOf(slopes),
              dx: 0,
              deltas: pointerOf(deltas),
            };
            backwardPass(context, spec, count, backward, [0, 0]);
            const gradient = makeTensor([parameterCount]);
            parameterPass(context, spec, count, {
              x: pointerOf(x as Tensor),
              dy: pointerOf(dOutputs),
              hidden: pointerOf(hidden),
              deltas: pointerOf(deltas),
              gradient: pointerOf(gradient),
            });
            return gradient;
          };
          return [`params${i}`, gradientOf];
        }),
      ),
  ) as Scalar;
}

/** Σ mean (f(x) − y)² of MLPs of one shape on the wasm backend. */
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { MlpSpec } from '../mlp-layout.ts';
import { withGradient } from '../with-gradient.ts';
import type { SimdContext } from './module.ts';
import { captureCallback } from './capture.ts';
import { runMlpBackward, makeSavedActivations, runMlpForward, runMlpParameterGradient } from './tensor-passes.ts';
import { makeTensor, pointerOf, valuesOf } from './tensors.ts';

/** Σ mean (y − target)² over the predictions; writes the differences y − target. */
export function summedMse(
  { kernels }: SimdContext,
  predictions: readonly Tensor[],
  target: Tensor,
  differences: readonly Tensor[],
): Tensor {
  const { size } = target;
  const loss = makeTensor([]);
  const at = predictions.map((predicted, i) => ({
    predicted: pointerOf(predicted),
    difference: pointerOf(differences[i] as Tensor),
  }));
  const wanted = pointerOf(target);
  captureCallback(() => {
    let sum = 0;
    for (const { predicted, difference } of at) {
      kernels.subtract(predicted, wanted, difference, size);
      sum += kernels.sumOfSquares(difference, size) / size;
    }
    valuesOf(loss)[0] = sum;
  });
  return loss;
}

/** Gradient of a prediction, from the gradient `dy` of the loss. */
export function mseGradient({ kernels }: SimdContext, dy: Tensor, difference: Tensor): Tensor {
  const gradient = makeTensor(difference.shape);
  const { size } = difference;
  const [from, to] = [pointerOf(difference), pointerOf(gradient)];
  captureCallback(() => {
    kernels.scale(from, (2 * (valuesOf(dy)[0] as number)) / size, to, size);
  });
  return gradient;
}

/** Inputs [B, …] concatenated along the columns. */
export function concatColumns({ kernels }: SimdContext, inputs: readonly Tensor2D[]): Tensor2D {
  const rows = inputs[0]?.shape[0] as number;
  const total = inputs.reduce((sum, { shape }) => sum + shape[1], 0);
  const x = makeTensor([rows, total]);
  let column = 0;
  for (const input of inputs) {
    const width = input.shape[1];
    kernels.copyColumns(pointerOf(x), total, column, pointerOf(input), width, width, rows);
    column += width;
  }
  return x as Tensor2D;
}

/** The loss for inputs [B, …], which are concatenated, and targets [B, out]. Differentiable in each network's parameters. */
export function regressionLossWasm(
  context: SimdContext,
  inputs: readonly Tensor2D[],
  networks: readonly Tensor[],
  spec: MlpSpec,
  targets: Tensor2D,
): Scalar {
  return withGradient(
    Object.fromEntries(networks.map((params, i) => [`params${i}`, params])),
    () => {
      const x = concatColumns(context, inputs);
      const each = networks.map((params) => {
        const activations = makeSavedActivations(spec, x.shape[0]);
        const predicted = runMlpForward(context, spec, params, x, activations);
        return { params, predicted, difference: makeTensor(targets.shape), activations };
      });
      const result = summedMse(
        context,
        each.map(({ predicted }) => predicted),
        targets,
        each.map(({ difference }) => difference),
      );
      return {
        result,
        saved: { x, each: each.map(({ params, difference, activations }) => ({ params, difference, activations })) },
      };
    },
    (dy, { x, each }) => {
      const gradientOf = ({ params, difference, activations }: (typeof each)[number]) => {
        const dOutputs = mseGradient(context, dy, difference);
        const { deltas } = runMlpBackward(context, spec, params, activations, dOutputs, [0, 0]);
        return runMlpParameterGradient(context, spec, { inputs: x, hidden: activations.hidden, deltas, dOutputs });
      };
      return Object.fromEntries(each.map((network, i) => [`params${i}`, () => gradientOf(network)]));
    },
  ) as Scalar;
}

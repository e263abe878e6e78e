/** An MLP's passes on tensors, for fused operations that contain an MLP; mlp-passes.ts has them on pointers. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { mlpLayout, type MlpSpec } from '../mlp-layout.ts';
import type { SimdContext } from './module.ts';
import { backwardPass, forwardPass, parameterPass } from './mlp-passes.ts';
import { makeTensor, pointerOf } from './tensors.ts';

/** What the backward pass of a batch needs: hidden activations and slopes, layer after layer. */
// A type instead of an interface, which would not be assignable to a record of tensors.
type SavedActivations = { hidden: Tensor; slopes: Tensor };

export function makeSavedActivations(spec: MlpSpec, rows: number): SavedActivations {
  const { hiddenWidth } = mlpLayout(spec);
  return { hidden: makeTensor([rows * hiddenWidth]), slopes: makeTensor([rows * hiddenWidth]) };
}

/** Outputs [B, out] of inputs [B, in]; fills `saved` unless it is null. */
export function runMlpForward(
  context: SimdContext,
  spec: MlpSpec,
  params: Tensor,
  inputs: Tensor,
  saved: SavedActivations | null,
): Tensor {
  const rows = inputs.shape[0] as number;
  const outputs = makeTensor([rows, mlpLayout(spec).outWidth]);
  forwardPass(context, spec, rows, {
    x: pointerOf(inputs),
    params: pointerOf(params),
    y: pointerOf(outputs),
    hidden: saved ? pointerOf(saved.hidden) : 0,
    slopes: saved ? pointerOf(saved.slopes) : 0,
  });
  return outputs;
}

/**
 * Gradients before each hidden activation, and those of `count` columns of the inputs from `from` on: [B, count]. The
 * former overwrite the slopes, which are not needed again, so that less memory passes through the caches.
 */
export function runMlpBackward(
  context: SimdContext,
  spec: MlpSpec,
  params: Tensor,
  { slopes }: SavedActivations,
  dOutputs: Tensor,
  columns: readonly [from: number, count: number],
): { deltas: Tensor; dInputs: Tensor } {
  const rows = dOutputs.shape[0] as number;
  const dInputs = makeTensor([rows, columns[1]]);
  const at = {
    dy: pointerOf(dOutputs),
    params: pointerOf(params),
    slopes: pointerOf(slopes),
    dx: pointerOf(dInputs),
    deltas: pointerOf(slopes),
  };
  backwardPass(context, spec, rows, at, columns);
  return { deltas: slopes, dInputs };
}

/** Gradient of the flat parameters. */
export function runMlpParameterGradient(
  context: SimdContext,
  spec: MlpSpec,
  { inputs, hidden, deltas, dOutputs }: { inputs: Tensor; hidden: Tensor; deltas: Tensor; dOutputs: Tensor },
): Tensor {
  const gradient = makeTensor([mlpLayout(spec).parameterCount]);
  parameterPass(context, spec, inputs.shape[0] as number, {
    x: pointerOf(inputs),
    dy: pointerOf(dOutputs),
    hidden: pointerOf(hidden),
    deltas: pointerOf(deltas),
    gradient: pointerOf(gradient),
  });
  return gradient;
}

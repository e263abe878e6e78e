/** An MLP's passes from tensors to tensors, for operations that lead through one: what mlp-passes.ts does by pointers. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { mlpLayout, type MlpSpec } from '../mlp-layout.ts';
import type { SimdContext } from './module.ts';
import { backwardPass, forwardPass, parameterPass } from './mlp-passes.ts';
import { makeTensor, pointerOf } from './tensors.ts';

/** What a batch leaves behind for its way back: hidden activations and slopes, layer after layer. */
// A type and no interface, so that it counts as something to save by name.
export type Kept = { hidden: Tensor; slopes: Tensor };

export function makeKept(spec: MlpSpec, rows: number): Kept {
  const { hiddenWidth } = mlpLayout(spec);
  return { hidden: makeTensor([rows * hiddenWidth]), slopes: makeTensor([rows * hiddenWidth]) };
}

/** Outputs [B, out] of inputs [B, in]; fills `kept`, if there is any. */
export function outputsOf(
  context: SimdContext,
  spec: MlpSpec,
  params: Tensor,
  inputs: Tensor,
  kept: Kept | null,
): Tensor {
  const rows = inputs.shape[0] as number;
  const outputs = makeTensor([rows, mlpLayout(spec).outWidth]);
  forwardPass(context, spec, rows, {
    x: pointerOf(inputs),
    params: pointerOf(params),
    y: pointerOf(outputs),
    hidden: kept ? pointerOf(kept.hidden) : 0,
    slopes: kept ? pointerOf(kept.slopes) : 0,
  });
  return outputs;
}

/**
 * Gradients before each hidden activation, and those of `count` columns of the inputs from `from` on: [B, count]. The
 * former take the place of the slopes, which nobody reads again: less memory goes through the caches.
 */
export function gradientsBack(
  context: SimdContext,
  spec: MlpSpec,
  params: Tensor,
  { slopes }: Kept,
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
export function parameterGradient(
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

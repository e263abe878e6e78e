/** The cloning loss on the wasm backend, as one operation. */
import type { Scalar } from '@tensorflow/tfjs-core';
import type { CloningBatch, FusedDenoiser } from '../denoiser-operands.ts';
import { withGradient } from '../with-gradient.ts';
import type { SimdContext } from './module.ts';
import { summedMse, mseGradient } from './regression.ts';
import { runMlpBackward, makeSavedActivations, runMlpForward, runMlpParameterGradient } from './tensor-passes.ts';
import { makeTensor, makeZeros, pointerOf } from './tensors.ts';

/** L_d, as defined by `FusedDenoising`. */
export function cloningLossWasm(
  context: SimdContext,
  { params, spec, table }: FusedDenoiser,
  { actions, states, steps, noise, signal, noiseScale }: CloningBatch,
): Scalar {
  const { kernels, floats } = context;
  const [count, width] = actions.shape;
  const [diffusionSteps, timeWidth] = table.shape;
  const stateWidth = states.shape[1];
  return withGradient(
    { params, table },
    () => {
      const inputs = makeTensor([count, width + timeWidth + stateWidth]);
      kernels.noisedRows(
        pointerOf(inputs),
        pointerOf(actions),
        pointerOf(noise),
        pointerOf(steps),
        floats(signal),
        floats(noiseScale),
        pointerOf(table),
        pointerOf(states),
        width,
        timeWidth,
        stateWidth,
        count,
      );
      const activations = makeSavedActivations(spec, count);
      const predicted = runMlpForward(context, spec, params, inputs, activations);
      const difference = makeTensor([count, width]);
      const result = summedMse(context, [predicted], noise, [difference]);
      return { result, saved: { params, steps, inputs, difference, activations } };
    },
    (dy, { params, steps, inputs, difference, activations }) => {
      const { hidden } = activations;
      const dOutputs = mseGradient(context, dy, difference);
      const { deltas, dInputs } = runMlpBackward(context, spec, params, activations, dOutputs, [width, timeWidth]);
      return {
        params: () => runMlpParameterGradient(context, spec, { inputs, hidden, deltas, dOutputs }),
        table: () => {
          const gradient = makeZeros([diffusionSteps, timeWidth]);
          kernels.scatterAddRows(pointerOf(dInputs), pointerOf(steps), timeWidth, count, pointerOf(gradient));
          return gradient;
        },
      };
    },
  ) as Scalar;
}

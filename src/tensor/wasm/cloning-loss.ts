/** The cloning loss on the wasm backend, as one operation. */
import type { Scalar } from '@tensorflow/tfjs-core';
import type { CloningBatch, FusedDenoiser } from '../denoiser-operands.ts';
import { withGradient } from '../with-gradient.ts';
import type { SimdContext } from './module.ts';
import { meanSquares, meanSquaresGradient } from './regression.ts';
import { gradientsBack, makeKept, outputsOf, parameterGradient } from './tensor-passes.ts';
import { makeTensor, makeZeros, pointerOf } from './tensors.ts';

/** L_d, as `FusedDenoising` has it. */
export function cloningLoss(
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
      const kept = makeKept(spec, count);
      const predicted = outputsOf(context, spec, params, inputs, kept);
      const difference = makeTensor([count, width]);
      const result = meanSquares(context, [predicted], noise, [difference]);
      return { result, saved: { params, steps, inputs, difference, kept } };
    },
    (dy, { params, steps, inputs, difference, kept }) => {
      const { hidden } = kept;
      const dOutputs = meanSquaresGradient(context, dy, difference);
      const { deltas, dInputs } = gradientsBack(context, spec, params, kept, dOutputs, [width, timeWidth]);
      return {
        params: () => parameterGradient(context, spec, { inputs, hidden, deltas, dOutputs }),
        table: () => {
          const gradient = makeZeros([diffusionSteps, timeWidth]);
          kernels.addToTable(pointerOf(dInputs), pointerOf(steps), timeWidth, count, pointerOf(gradient));
          return gradient;
        },
      };
    },
  ) as Scalar;
}

/**
 * The reverse chain of a denoiser on the wasm backend, as one operation. Its saved activations have the layout of a single
 * batch of an MLP, so that the parameters' gradient is one pass.
 */
import { tensor1d, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { FusedDenoiser, PlannedReverseStep, ReverseChain } from '../denoiser-operands.ts';
import { mlpLayout, type MlpSpec } from '../mlp-layout.ts';
import { withGradient } from '../with-gradient.ts';
import type { SimdContext } from './module.ts';
import { beginPass } from './mlp-passes.ts';
import { makeSavedActivations, runMlpParameterGradient } from './tensor-passes.ts';
import { makeTensor, makeZeros, pointerOf } from './tensors.ts';

/** 32-bit words per step of the plan; the fields of Step in assembly/chain.ts. */
const PLAN_WORDS = 9;

function planTensor(plan: readonly PlannedReverseStep[]): Tensor1D {
  const words = new Float32Array(plan.length * PLAN_WORDS);
  const integers = new Int32Array(words.buffer);
  plan.forEach(({ at, coefficients: { a, b, c0, cx, ce, sigma, bound, clipResult } }, k) => {
    words.set([0, a, b, c0, cx, ce, sigma, bound, clipResult ? bound : Infinity], k * PLAN_WORDS);
    integers[k * PLAN_WORDS] = at;
  });
  return tensor1d(words);
}

/** Saved activations of a chain: a row for each row of the batch in each step. */
function makeChainActivations(spec: MlpSpec, rows: number) {
  const { inWidth, outWidth } = mlpLayout(spec);
  return {
    inputs: makeTensor([rows, inWidth]),
    outputs: makeTensor([rows, outWidth]),
    ...makeSavedActivations(spec, rows),
  };
}

/** Actions by a reverse chain, as defined by `FusedDenoising`. */
export function reverseChainWasm(
  context: SimdContext,
  { params, spec, table }: FusedDenoiser,
  { states, noise, plan, start, first }: ReverseChain,
): Tensor2D {
  const { kernels } = context;
  const [count, stateWidth] = states.shape;
  const [diffusionSteps, timeWidth] = table.shape;
  const width = mlpLayout(spec).outWidth;
  const steps = plan.length;
  const noiseOffset = (first + 1) * count * width * 4;
  const planned = planTensor(plan);
  return withGradient(
    { params, table },
    (keeps) => {
      const actions = makeTensor([count, width]);
      const activations = keeps ? makeChainActivations(spec, steps * count) : null;
      const pointer = (tensor: Tensor | undefined) => (tensor ? pointerOf(tensor) : 0);
      beginPass(context, spec, count);
      kernels.chainForward(
        pointerOf(params),
        pointerOf(table),
        pointerOf(states),
        stateWidth,
        pointerOf(start ?? noise),
        pointerOf(noise) + noiseOffset,
        pointerOf(planned),
        steps,
        pointerOf(actions),
        pointer(activations?.inputs),
        pointer(activations?.outputs),
        pointer(activations?.hidden),
        pointer(activations?.slopes),
      );
      return { result: actions, saved: activations && { params, noise, planned, ...activations } };
    },
    (dy, saved) => {
      const { params, noise, planned, inputs, outputs, hidden, slopes } = saved as NonNullable<typeof saved>;
      const dOutputs = makeTensor(outputs.shape);
      // The gradients before each activation overwrite the slopes, which are not needed again, so that less memory passes
      // through the caches.
      const deltas = slopes;
      beginPass(context, spec, count);
      kernels.chainBackward(
        pointerOf(params),
        pointerOf(dy),
        pointerOf(noise) + noiseOffset,
        pointerOf(planned),
        steps,
        pointerOf(inputs),
        pointerOf(outputs),
        pointerOf(slopes),
        pointerOf(dOutputs),
        pointerOf(deltas),
      );
      return {
        params: () => runMlpParameterGradient(context, spec, { inputs, hidden, deltas, dOutputs }),
        table: () => {
          const gradient = makeZeros([diffusionSteps, timeWidth]);
          beginPass(context, spec, count);
          kernels.chainTableGradient(
            pointerOf(params),
            pointerOf(planned),
            steps,
            pointerOf(deltas),
            timeWidth,
            pointerOf(gradient),
          );
          return gradient;
        },
      };
    },
  ) as Tensor2D;
}

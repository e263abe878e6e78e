/**
 * The whole reverse chain of a denoiser on the wasm backend, as one operation. What it keeps is laid out as one batch of
 * an MLP, so that its gradient is one pass.
 */
import { tensor1d, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { FusedDenoiser, PlannedReverseStep, ReverseChain } from '../denoiser-operands.ts';
import { mlpLayout, type MlpSpec } from '../mlp-layout.ts';
import { withGradient } from '../with-gradient.ts';
import type { SimdContext } from './module.ts';
import { beginPass } from './mlp-passes.ts';
import { makeKept, parameterGradient } from './tensor-passes.ts';
import { makeTensor, makeZeros, pointerOf } from './tensors.ts';

/** Words that a step of the plan takes: of assembly/chain.ts. */
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

/** What a chain keeps of its network, a row for each row of the batch in each step. */
function keptOfChain(spec: MlpSpec, rows: number) {
  const { inWidth, outWidth } = mlpLayout(spec);
  return { inputs: makeTensor([rows, inWidth]), outputs: makeTensor([rows, outWidth]), ...makeKept(spec, rows) };
}

/** Actions by a reverse chain, as `FusedDenoising` has it. */
export function reverseChain(
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
      const kept = keeps ? keptOfChain(spec, steps * count) : null;
      const place = (tensor: Tensor | undefined) => (tensor ? pointerOf(tensor) : 0);
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
        place(kept?.inputs),
        place(kept?.outputs),
        place(kept?.hidden),
        place(kept?.slopes),
      );
      return { result: actions, saved: kept && { params, noise, planned, ...kept } };
    },
    (dy, saved) => {
      const { params, noise, planned, inputs, outputs, hidden, slopes } = saved as NonNullable<typeof saved>;
      const dOutputs = makeTensor(outputs.shape);
      // The gradients before each activation take the place of the slopes, which nobody reads again: less memory goes
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
        params: () => parameterGradient(context, spec, { inputs, hidden, deltas, dOutputs }),
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

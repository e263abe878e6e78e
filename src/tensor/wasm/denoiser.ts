/**
 * The denoiser's two expensive uses on the wasm backend, each one operation: the cloning loss, and the whole reverse
 * chain. What they keep is laid out as one batch of an MLP, so that its gradient is one pass.
 */
import { tensor1d, zeros, type Scalar, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { isTapeOn, withGradient } from '../define-kernel.ts';
import type { ChainStart, FusedDenoiser, PlannedReverseStep } from '../kernels/denoiser-webgpu.ts';
import { mlpLayout, type MlpSpec } from '../kernels/mlp.ts';
import type { SimdContext } from './module.ts';
import { backwardPass, beginPass, forwardPass, parameterPass } from './passes.ts';
import { meanSquares, meanSquaresGradient } from './regression.ts';
import { makeTensor, pointerOf } from './tensors.ts';

/** Gradient of the flat parameters from what `rows` rows have kept. */
function parameterGradient(
  context: SimdContext,
  spec: MlpSpec,
  rows: number,
  kept: { inputs: Tensor; dOutputs: Tensor; hidden: Tensor; deltas: Tensor },
): Tensor {
  const gradient = makeTensor([mlpLayout(spec).parameterCount]);
  parameterPass(context, spec, rows, {
    x: pointerOf(kept.inputs),
    dy: pointerOf(kept.dOutputs),
    hidden: pointerOf(kept.hidden),
    deltas: pointerOf(kept.deltas),
    gradient: pointerOf(gradient),
  });
  return gradient;
}

/**
 * L_d = mean (ε − ε_θ(a_i, i, s))². Differentiable in the parameters and the table.
 * @param signal and @param noiseScale √ᾱ and √(1−ᾱ) of each diffusion step
 */
export function cloningLoss(
  context: SimdContext,
  { params, spec, table }: FusedDenoiser,
  actions: Tensor2D,
  states: Tensor2D,
  steps: Tensor1D,
  noise: Tensor2D,
  signal: ArrayLike<number>,
  noiseScale: ArrayLike<number>,
): Scalar {
  const { kernels, floats } = context;
  const [count, width] = actions.shape;
  const [diffusionSteps, timeWidth] = table.shape;
  const stateWidth = states.shape[1];
  const { hiddenWidth } = mlpLayout(spec);
  const keeps = isTapeOn();
  return withGradient(
    { params, table },
    (save) => {
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
      const predicted = makeTensor([count, width]);
      const [hidden, slopes] = [makeTensor([count * hiddenWidth]), makeTensor([count * hiddenWidth])];
      forwardPass(context, spec, count, {
        x: pointerOf(inputs),
        params: pointerOf(params),
        y: pointerOf(predicted),
        hidden: pointerOf(hidden),
        slopes: pointerOf(slopes),
      });
      const difference = makeTensor([count, width]);
      const loss = meanSquares(context, [predicted], noise, [difference]);
      if (keeps) save([params, steps, inputs, difference, hidden, slopes]);
      return loss;
    },
    (dy, saved) => {
      const [savedParams, savedSteps, inputs, difference, hidden, slopes] = saved as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ];
      const dOutputs = meanSquaresGradient(context, dy, difference);
      const deltas = makeTensor([count * hiddenWidth]);
      const dEmbedded = makeTensor([count, timeWidth]);
      backwardPass(
        context,
        spec,
        count,
        {
          dy: pointerOf(dOutputs),
          params: pointerOf(savedParams),
          slopes: pointerOf(slopes),
          dx: pointerOf(dEmbedded),
          deltas: pointerOf(deltas),
        },
        [width, timeWidth],
      );
      return {
        params: () => parameterGradient(context, spec, count, { inputs, dOutputs, hidden, deltas }),
        table: () => {
          const gradient = zeros([diffusionSteps, timeWidth]);
          kernels.addToTable(pointerOf(dEmbedded), pointerOf(savedSteps), timeWidth, count, pointerOf(gradient));
          return gradient;
        },
      };
    },
  ) as Scalar;
}

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

/**
 * Actions [N, A] by the reverse steps of `plan`, from the noise [T+1, N, A]: its first part is where the chain starts
 * (unless an earlier chain has left off somewhere), and part `first` + k + 1 is the noise of step k. Differentiable in
 * the parameters and the table.
 */
export function reverseChain(
  context: SimdContext,
  { params, spec, table }: FusedDenoiser,
  states: Tensor2D,
  noise: Tensor,
  plan: readonly PlannedReverseStep[],
  { start, first }: ChainStart,
): Tensor2D {
  const { kernels } = context;
  const [count, stateWidth] = states.shape;
  const [diffusionSteps, timeWidth] = table.shape;
  const [inWidth, width] = [spec.sizes[0] as number, spec.sizes.at(-1) as number];
  const total = plan.length * count;
  const { hiddenWidth } = mlpLayout(spec);
  const noiseOffset = (first + 1) * count * width * 4;
  const planned = planTensor(plan);
  const keeps = isTapeOn();
  return withGradient(
    { params, table },
    (save) => {
      const actions = makeTensor([count, width]);
      const kept = keeps
        ? [[inWidth], [width], [hiddenWidth], [hiddenWidth]].map(([of]) => makeTensor([total, of as number]))
        : [];
      const [inputs = 0, outputs = 0, hidden = 0, slopes = 0] = kept.map(pointerOf);
      beginPass(context, spec, count);
      kernels.chainForward(
        pointerOf(params),
        pointerOf(table),
        pointerOf(states),
        stateWidth,
        pointerOf(start ?? noise),
        pointerOf(noise) + noiseOffset,
        pointerOf(planned),
        plan.length,
        pointerOf(actions),
        inputs,
        outputs,
        hidden,
        slopes,
      );
      if (keeps) save([params, noise, planned, ...kept]);
      return actions;
    },
    (dy, saved) => {
      const [savedParams, savedNoise, savedPlan, inputs, outputs, hidden, slopes] = saved as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ];
      const [dOutputs, deltas] = [makeTensor([total, width]), makeTensor([total * hiddenWidth])];
      beginPass(context, spec, count);
      kernels.chainBackward(
        pointerOf(savedParams),
        pointerOf(dy),
        pointerOf(savedNoise) + noiseOffset,
        pointerOf(savedPlan),
        plan.length,
        pointerOf(inputs),
        pointerOf(outputs),
        pointerOf(slopes),
        pointerOf(dOutputs),
        pointerOf(deltas),
      );
      return {
        params: () => parameterGradient(context, spec, total, { inputs, dOutputs, hidden, deltas }),
        table: () => {
          const gradient = zeros([diffusionSteps, timeWidth]);
          beginPass(context, spec, count);
          kernels.chainTableGradient(
            pointerOf(savedParams),
            pointerOf(savedPlan),
            plan.length,
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

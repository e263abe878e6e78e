/**
 * One Adam step (Kingma & Ba, 2015) over a flat parameter buffer. Moments and parameters are updated in place, so that a
 * variable keeps its memory for the whole run.
 */
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { defineKernel } from '../define-kernel.ts';
import { stepInputs, type StepInput } from '../step-input.ts';
import { dispatch } from '../webgpu/dispatch.ts';
import { eachElement, THREADS } from '../webgpu/threads.ts';
import { addSquaresWgsl, clippingScaleWgsl, type Clipping } from './gradient-norm.ts';

interface AdamAttributes {
  /** learning rate / (1 − β1^t); on WebGPU its index among the step inputs */
  stepSize: number;
  beta1: number;
  beta2: number;
  /** √(1 − β2^t); on WebGPU its index among the step inputs */
  sqrtCorrection2: number;
  epsilon: number;
  /** Largest norm of the gradient, with the input `squares`; 0 with the input `scale`, or without clipping. */
  clip: number;
}

const adamKernel = defineKernel<AdamAttributes>({
  name: 'AdamStep',
  inPlace: 'p',
  outputShapes: () => [],
  portable: ({ p, m, v, g, scale }, _outputs, { stepSize, beta1, beta2, sqrtCorrection2, epsilon }) => {
    const [params, mean, variance, gradient] = [p, m, v, g] as Float32Array[] as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const factor = (scale as Float32Array)[0] as number;
    for (let i = 0; i < params.length; i++) {
      const gi = (gradient[i] as number) * factor;
      mean[i] = beta1 * (mean[i] as number) + (1 - beta1) * gi;
      variance[i] = beta2 * (variance[i] as number) + (1 - beta2) * gi * gi;
      const denominator = Math.sqrt(variance[i] as number) / sqrtCorrection2 + epsilon;
      params[i]! -= (stepSize * (mean[i] as number)) / denominator;
    }
  },
  simd: ({ kernels }, { p, m, v, g, scale }, _outputs, attributes, shapes) => {
    const { stepSize, beta1, beta2, sqrtCorrection2, epsilon } = attributes;
    kernels.adam(
      p as number,
      m as number,
      v as number,
      g as number,
      shapes['p']?.[0] as number,
      scale as number,
      stepSize,
      beta1,
      1 - beta1,
      beta2,
      1 - beta2,
      sqrtCorrection2,
      epsilon,
    );
  },
  webgpu: (backend, inputs, { stepSize, beta1, beta2, sqrtCorrection2, epsilon, clip }) => {
    const { p, m, v, g, given } = inputs as Record<'p' | 'm' | 'v' | 'g' | 'given', (typeof inputs)[string]>;
    const { scale, squares } = inputs;
    const count = p.shape[0] as number;
    const stored = (name: string, tensor: typeof p) => ({
      name,
      tensor,
      access: 'write' as const,
      perInvocation: true,
    });
    dispatch(backend, {
      name: 'adam',
      key: [count, beta1, beta2, epsilon, stepSize, sqrtCorrection2, clip, !scale, squares?.shape].join(),
      bindings: [
        stored('p', p),
        stored('m', m),
        stored('v', v),
        { name: 'g', tensor: g, perInvocation: true },
        { name: 'given', tensor: given },
        ...(scale ? [{ name: 'scale', tensor: scale }] : []),
        ...(squares ? [{ name: 'squares', tensor: squares }] : []),
      ],
      ...eachElement(
        count,
        () => `let gradient = g[i] * ${scale ? 'scale[0]' : clippingScaleWgsl(clip)};
          let mean = f32(${beta1}) * m[i] + f32(${1 - beta1}) * gradient;
          let variance = f32(${beta2}) * v[i] + f32(${1 - beta2}) * gradient * gradient;
          m[i] = mean;
          v[i] = variance;
          p[i] -= given[${stepSize}] * (mean / (sqrt(variance) / given[${sqrtCorrection2}] + f32(${epsilon})));`,
        { add: squares ? () => addSquaresWgsl(squares, 'own', THREADS) : null },
      ),
    });
    return [];
  },
});

interface AdamSettings {
  learningRate: StepInput;
  beta1: number;
  beta2: number;
  epsilon: number;
}

/**
 * p ← p − lr · m̂ / (√v̂ + ε) with moments m, v updated first, in PyTorch's order of operations.
 * @param clipping scales the gradient first
 * @param t the step's number, from 1
 */
export function adamStep(
  { p, m, v }: { p: Variable; m: Variable; v: Variable },
  gradient: Tensor,
  { scale, squares, clip }: Clipping,
  t: StepInput,
  { learningRate, beta1, beta2, epsilon }: AdamSettings,
): void {
  const given = stepInputs({
    stepSize: () => learningRate() / (1 - beta1 ** t()),
    sqrtCorrection2: () => Math.sqrt(1 - beta2 ** t()),
  });
  const inputs = {
    ...{ p, m, v, g: gradient, ...given.inputs },
    ...(scale ? { scale } : {}),
    ...(squares ? { squares } : {}),
  };
  const [alias] = adamKernel(
    inputs,
    { ...given.numbers, beta1, beta2, epsilon, clip: squares ? clip : 0 },
    given.perStep,
  );
  alias?.dispose();
  given.dispose();
}

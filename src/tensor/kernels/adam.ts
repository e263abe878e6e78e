/**
 * One Adam step (Kingma & Ba, 2015) over a flat parameter buffer, in place: moments and parameters are updated where
 * they stand, so that a variable keeps its memory for the whole run.
 */
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { defineKernel } from '../define-kernel.ts';
import { float, runProgram } from '../webgpu-program.ts';

interface AdamAttributes {
  /** learning rate / (1 − β1^t) */
  stepSize: number;
  beta1: number;
  beta2: number;
  /** √(1 − β2^t) */
  sqrtCorrection2: number;
  epsilon: number;
}

const WORKGROUP = 64;

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
  webgpu: (backend, inputs, { stepSize, beta1, beta2, sqrtCorrection2, epsilon }) => {
    const { p, m, v, g, scale } = inputs as Record<'p' | 'm' | 'v' | 'g' | 'scale', (typeof inputs)[string]>;
    const count = p.shape[0] as number;
    const flat = (body: string) => `fn main(index : i32) { if (index < uniforms.outShape) { ${body} } }`;
    const common = {
      workgroupSize: [WORKGROUP, 1, 1] as [number, number, number],
      workgroups: [Math.ceil(count / WORKGROUP), 1] as [number, number],
    };
    runProgram(backend, {
      ...common,
      key: 'adamMean',
      inputs: { G: g, Scale: scale },
      uniforms: { beta1: float(beta1), rest1: float(1 - beta1) },
      output: m,
      wgsl: flat('result[index] = uniforms.beta1 * result[index] + uniforms.rest1 * (G[index] * Scale[0]);'),
    });
    runProgram(backend, {
      ...common,
      key: 'adamVariance',
      inputs: { G: g, Scale: scale },
      uniforms: { beta2: float(beta2), rest2: float(1 - beta2) },
      output: v,
      wgsl: flat(`let g = G[index] * Scale[0];
        result[index] = uniforms.beta2 * result[index] + uniforms.rest2 * g * g;`),
    });
    runProgram(backend, {
      ...common,
      key: 'adamParameters',
      inputs: { M: m, V: v },
      uniforms: {
        stepSize: float(stepSize),
        sqrtCorrection2: float(sqrtCorrection2),
        epsilon: float(epsilon),
      },
      output: p,
      wgsl: flat(`result[index] = result[index]
        - uniforms.stepSize * (M[index] / (sqrt(V[index]) / uniforms.sqrtCorrection2 + uniforms.epsilon));`),
    });
    for (const info of [m, v]) (backend.tensorMap.get(info.dataId) as { values: unknown }).values = null;
    return [];
  },
});

export interface AdamSettings {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
}

/**
 * p ← p − lr · m̂ / (√v̂ + ε) with moments m, v updated first, in PyTorch's order of operations.
 * @param gradientScale [1], multiplied into the gradient first (gradient-norm clipping)
 * @param t the step's number, from 1
 */
export function adamStep(
  { p, m, v }: { p: Variable; m: Variable; v: Variable },
  gradient: Tensor,
  gradientScale: Tensor,
  t: number,
  { learningRate, beta1, beta2, epsilon }: AdamSettings,
): void {
  const [alias] = adamKernel(
    { p, m, v, g: gradient, scale: gradientScale },
    {
      stepSize: learningRate / (1 - beta1 ** t),
      beta1,
      beta2,
      sqrtCorrection2: Math.sqrt(1 - beta2 ** t),
      epsilon,
    },
  );
  alias?.dispose();
}

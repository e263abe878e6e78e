/**
 * One step of a reverse diffusion process as one operation. Both samplers are of the form
 *
 *   x̂0 = clip(a·x − b·ε, ±bound)
 *   x' = c0·x̂0 + cx·x + ce·ε + σ·noise, clipped to ±bound after the last step
 *
 * (ancestral: Ho et al., 2020, eq. 7 with x̂0 clipped; DDIM: Song et al., 2021, eq. 12).
 */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { ReverseStepCoefficients } from '../../math/reverse-plan.ts';
import { defineKernel } from '../define-kernel.ts';
import { float, int, runProgram, type ProgramDefinition } from '../webgpu-program.ts';
import { withGradient } from '../with-gradient.ts';

const WORKGROUP = 64;

function clamp(value: number, bound: number): number {
  return Math.min(Math.max(value, -bound), bound);
}

/** What both programs are given: a thread for each element of a tensor, and the coefficients. */
function eachElement(
  shape: readonly number[],
  { a, b, c0, cx, ce, sigma, bound, clipResult }: ReverseStepCoefficients,
): Pick<ProgramDefinition, 'uniforms' | 'output' | 'workgroupSize' | 'workgroups'> {
  const count = shape.reduce((p, q) => p * q, 1);
  return {
    uniforms: {
      count: int(count),
      a: float(a),
      b: float(b),
      c0: float(c0),
      cx: float(cx),
      ce: float(ce),
      sigma: float(sigma),
      bound: float(bound),
      limit: float(clipResult ? bound : 3.0e38),
    },
    output: shape,
    workgroupSize: [WORKGROUP, 1, 1],
    workgroups: [Math.ceil(count / WORKGROUP), 1],
  };
}

const forwardKernel = defineKernel<ReverseStepCoefficients>({
  name: 'ReverseStep',
  outputShapes: ({ x }) => [[...(x as readonly number[])]],
  portable: ({ x, epsilon, noise }, [next], { a, b, c0, cx, ce, sigma, bound, clipResult }) => {
    const [xs, es, ns, out] = [x, epsilon, noise, next] as [Float32Array, Float32Array, Float32Array, Float32Array];
    for (let i = 0; i < out.length; i++) {
      const xi = xs[i] as number;
      const ei = es[i] as number;
      const result = c0 * clamp(a * xi - b * ei, bound) + cx * xi + ce * ei + sigma * (ns[i] as number);
      out[i] = clipResult ? clamp(result, bound) : result;
    }
  },
  webgpu: (backend, inputs, coefficients) => {
    const { x, epsilon, noise } = inputs as Record<'x' | 'epsilon' | 'noise', (typeof inputs)[string]>;
    return [
      runProgram(backend, {
        key: 'reverseStep',
        inputs: { X: x, E: epsilon, N: noise },
        ...eachElement(x.shape, coefficients),
        wgsl: `fn main(index : i32) {
          if (index >= uniforms.count) { return; }
          let x0 = clamp(uniforms.a * X[index] - uniforms.b * E[index], -uniforms.bound, uniforms.bound);
          let next = uniforms.c0 * x0 + uniforms.cx * X[index] + uniforms.ce * E[index] + uniforms.sigma * N[index];
          result[index] = clamp(next, -uniforms.limit, uniforms.limit);
        }`,
      }),
    ];
  },
});

/** [gradient of x, gradient of ε]: a clip passes the gradient inside its bounds only. */
const backwardKernel = defineKernel<ReverseStepCoefficients>({
  name: 'ReverseStepGradient',
  outputShapes: ({ x }) => [[...(x as readonly number[])], [...(x as readonly number[])]],
  portable: ({ dy, x, epsilon, noise }, [dx, de], { a, b, c0, cx, ce, sigma, bound, clipResult }) => {
    const [gs, xs, es, ns, dxs, des] = [dy, x, epsilon, noise, dx, de] as Float32Array[] as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (let i = 0; i < gs.length; i++) {
      const xi = xs[i] as number;
      const ei = es[i] as number;
      const x0 = a * xi - b * ei;
      const inside = Math.abs(x0) <= bound;
      let g = gs[i] as number;
      if (clipResult) {
        const result = c0 * clamp(x0, bound) + cx * xi + ce * ei + sigma * (ns[i] as number);
        if (Math.abs(result) > bound) g = 0;
      }
      dxs[i] = g * (cx + (inside ? c0 * a : 0));
      des[i] = g * (ce - (inside ? c0 * b : 0));
    }
  },
  webgpu: (backend, inputs, coefficients) => {
    const { dy, x, epsilon, noise } = inputs as Record<'dy' | 'x' | 'epsilon' | 'noise', (typeof inputs)[string]>;
    const gradient = (of: 'x' | 'epsilon') =>
      runProgram(backend, {
        key: `reverseStepGradient-${of}`,
        inputs: { D: dy, X: x, E: epsilon, N: noise },
        ...eachElement(x.shape, coefficients),
        wgsl: `fn main(index : i32) {
          if (index >= uniforms.count) { return; }
          let x0 = uniforms.a * X[index] - uniforms.b * E[index];
          let kept = clamp(x0, -uniforms.bound, uniforms.bound);
          let next = uniforms.c0 * kept + uniforms.cx * X[index] + uniforms.ce * E[index] + uniforms.sigma * N[index];
          let inside = select(0.0, uniforms.c0, abs(x0) <= uniforms.bound);
          let g = select(0.0, D[index], abs(next) <= uniforms.limit);
          result[index] = g * ${of === 'x' ? '(uniforms.cx + inside * uniforms.a)' : '(uniforms.ce - inside * uniforms.b)'};
        }`,
      });
    return [gradient('x'), gradient('epsilon')];
  },
});

/** The next x' [N, A] from x, ε and noise, all [N, A]. Differentiable in x and ε. */
export function reverseStep(
  x: Tensor2D,
  epsilon: Tensor2D,
  noise: Tensor2D,
  coefficients: ReverseStepCoefficients,
): Tensor2D {
  return withGradient(
    { x, epsilon },
    () => {
      const inputs = { x, epsilon, noise };
      return { result: forwardKernel(inputs, coefficients)[0] as Tensor, saved: inputs };
    },
    (dy, saved) => {
      const [dx, de] = backwardKernel({ dy, ...saved }, coefficients);
      return { x: () => dx as Tensor, epsilon: () => de as Tensor };
    },
  ) as Tensor2D;
}

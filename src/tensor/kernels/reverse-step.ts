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
import { reverseStepGradientWebgpu, reverseStepWebgpu } from '../webgpu/reverse-step.ts';
import { withGradient } from '../with-gradient.ts';

function clamp(value: number, bound: number): number {
  return Math.min(Math.max(value, -bound), bound);
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
  webgpu: reverseStepWebgpu,
});

/** [gradient of x, gradient of ε]. A clip passes a gradient only inside its bounds. */
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
  webgpu: reverseStepGradientWebgpu,
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

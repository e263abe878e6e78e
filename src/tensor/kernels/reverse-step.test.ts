import { grads, mul, sum, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { centralDifferences, describeOnBackends, maxDifference, testNormals, KERNEL_BACKENDS } from '../testing.ts';
import type { ReverseStepCoefficients } from '../../math/reverse-plan.ts';
import { reverseStep } from './reverse-step.ts';

const STEPS: (ReverseStepCoefficients & { name: string })[] = [
  { name: 'a middle step', a: 1.2, b: 0.7, c0: 0.6, cx: 0.4, ce: 0, sigma: 0.3, bound: 1, clipResult: false },
  { name: 'the last step', a: 1.01, b: 0.14, c0: 1, cx: 0, ce: 0, sigma: 0, bound: 1, clipResult: true },
  { name: 'a DDIM step', a: 1.4, b: 0.9, c0: 0.8, cx: 0, ce: 0.6, sigma: 0, bound: 1, clipResult: false },
  { name: 'a clipped sum', a: 0.9, b: 0.2, c0: 0.7, cx: 0.8, ce: 0.1, sigma: 0.2, bound: 0.8, clipResult: true },
];
const SIZES = [1, 63, 64, 65, 257];

function reference(
  x: ArrayLike<number>,
  epsilon: ArrayLike<number>,
  noise: ArrayLike<number>,
  { a, b, c0, cx, ce, sigma, bound, clipResult }: ReverseStepCoefficients,
): Float64Array {
  const clip = (value: number) => Math.min(Math.max(value, -bound), bound);
  return Float64Array.from(x, (xi, i) => {
    const e = epsilon[i] as number;
    const next = c0 * clip(a * xi - b * e) + cx * xi + ce * e + sigma * (noise[i] as number);
    return clipResult ? clip(next) : next;
  });
}

describeOnBackends(
  'a reverse step',
  () => {
    it.each(STEPS)('$name agrees with float64 for sizes off the workgroup size', async (step) => {
      for (const size of SIZES) {
        const [x, e, n] = ['x', 'e', 'n'].map((name) => testNormals(name, size)) as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        const column = (values: Float32Array) => tensor2d(values, [size, 1]);
        const y = tidy(() => reverseStep(column(x), column(e), column(n), step));
        expect(maxDifference(await y.data(), reference(x, e, n, step))).toBeLessThan(1e-5);
        y.dispose();
      }
    });

    it.each(STEPS)('the gradient of $name agrees with central differences', async (step) => {
      const size = 40;
      const [x, e, n, w] = ['x', 'e', 'n', 'w'].map((name) => testNormals(name, size)) as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const column = (values: Float32Array) => tensor2d(values, [size, 1]);
      const [dx, de] = tidy(() =>
        grads((a, b) => sum(mul(reverseStep(a as Tensor2D, b as Tensor2D, column(n), step), column(w))))([
          column(x),
          column(e),
        ]),
      );
      const loss = (xs: ArrayLike<number>, es: ArrayLike<number>) =>
        reference(xs, es, n, step).reduce((total, value, i) => total + value * (w[i] as number), 0);
      const expectedX = centralDifferences(x, (changed) => loss(changed, e), 1e-6);
      const expectedE = centralDifferences(e, (changed) => loss(x, changed), 1e-6);
      expect(maxDifference(await dx!.data(), expectedX)).toBeLessThan(1e-5);
      expect(maxDifference(await de!.data(), expectedE)).toBeLessThan(1e-5);
    });
  },
  KERNEL_BACKENDS.filter((backend) => !backend.startsWith('wasm ')),
);

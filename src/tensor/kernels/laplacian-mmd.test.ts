import { grads, mul, sum, tensor1d, tensor3d, tidy, type Tensor3D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { centralDifferences, describeOnBackends, maxDifference, testNormals, KERNEL_BACKENDS } from '../testing.ts';
import { laplacianMmdSquared } from './laplacian-mmd.ts';

/** From the definition, in float64. */
function reference(x: ArrayLike<number>, y: ArrayLike<number>, batch: number, n: number, m: number, sigma: number) {
  const at = (points: ArrayLike<number>, point: number) => [
    points[2 * point] as number,
    points[2 * point + 1] as number,
  ];
  const k = ([a = 0, b = 0]: number[], [c = 0, d = 0]: number[]) =>
    Math.exp(-(Math.abs(a - c) + Math.abs(b - d)) / (2 * sigma));
  const average = (p: ArrayLike<number>, i0: number, n1: number, q: ArrayLike<number>, j0: number, n2: number) => {
    let total = 0;
    for (let i = 0; i < n1; i++) for (let j = 0; j < n2; j++) total += k(at(p, i0 + i), at(q, j0 + j));
    return total / (n1 * n2);
  };
  return Float64Array.from({ length: batch }, (_, row) => {
    const [i, j] = [row * n, row * m];
    return average(x, i, n, x, i, n) + average(y, j, m, y, j, m) - 2 * average(x, i, n, y, j, m);
  });
}

describeOnBackends(
  'the Laplacian MMD',
  () => {
    it.each([1, 63, 64, 65, 257])('agrees with float64 for %i states', async (batch) => {
      for (const [n, m, sigma] of [
        [1, 3, 0.7],
        [4, 2, 20],
      ] as const) {
        const [x, y] = [testNormals('x', batch * n * 2), testNormals('y', batch * m * 2)];
        const squared = tidy(() => laplacianMmdSquared(tensor3d(x, [batch, n, 2]), tensor3d(y, [batch, m, 2]), sigma));
        expect(maxDifference(await squared.data(), reference(x, y, batch, n, m, sigma))).toBeLessThan(1e-6);
        squared.dispose();
      }
    });

    it('has the gradient that central differences give', async () => {
      const [batch, n, m, sigma] = [3, 4, 5, 0.8];
      const [x, y, w] = [testNormals('x', batch * n * 2), testNormals('y', batch * m * 2), testNormals('w', batch)];
      const [dx] = tidy(() =>
        grads((a) => sum(mul(laplacianMmdSquared(a as Tensor3D, tensor3d(y, [batch, m, 2]), sigma), tensor1d(w))))([
          tensor3d(x, [batch, n, 2]),
        ]),
      );
      const expected = centralDifferences(
        x,
        (changed) =>
          reference(changed, y, batch, n, m, sigma).reduce(
            (total, value, row) => total + value * (w[row] as number),
            0,
          ),
        1e-6,
      );
      expect(maxDifference(await dx!.data(), expected)).toBeLessThan(1e-6);
    });
  },
  KERNEL_BACKENDS.filter((backend) => !backend.startsWith('wasm ')),
);

import { grads, mul, sum, tensor1d, tensor3d, tidy, type Tensor3D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { centralDifferences, describeOnBackends, maxDifference, testNormals, KERNEL_BACKENDS } from '../testing.ts';
import { laplacianMmdSquared } from './laplacian-mmd.ts';

interface Case {
  batch: number;
  n: number;
  m: number;
  width: number;
  sigma: number;
}

/** From the definition, in float64. */
function reference(x: ArrayLike<number>, y: ArrayLike<number>, { batch, n, m, width, sigma }: Case): Float64Array {
  const distance = (p: ArrayLike<number>, i: number, q: ArrayLike<number>, j: number) => {
    let total = 0;
    for (let d = 0; d < width; d++) total += Math.abs((p[i * width + d] as number) - (q[j * width + d] as number));
    return total;
  };
  // Sums k − 1: values near 1 would lose digits in float64 as well.
  const average = (p: ArrayLike<number>, i0: number, n1: number, q: ArrayLike<number>, j0: number, n2: number) => {
    let total = 0;
    for (let i = 0; i < n1; i++) {
      for (let j = 0; j < n2; j++) total += Math.expm1(-distance(p, i0 + i, q, j0 + j) / (2 * sigma));
    }
    return total / (n1 * n2);
  };
  return Float64Array.from({ length: batch }, (_, row) => {
    const [i, j] = [row * n, row * m];
    return average(x, i, n, x, i, n) + average(y, j, m, y, j, m) - 2 * average(x, i, n, y, j, m);
  });
}

function pointsOf({ batch, n, m, width }: Case, spread = 1): [x: Float32Array, y: Float32Array] {
  return [testNormals('x', batch * n * width, spread), testNormals('y', batch * m * width, spread)];
}

function squaredOf(x: Float32Array, y: Float32Array, { batch, n, m, width, sigma }: Case): Promise<ArrayLike<number>> {
  const found = tidy(() => laplacianMmdSquared(tensor3d(x, [batch, n, width]), tensor3d(y, [batch, m, width]), sigma));
  return found.data().finally(() => {
    found.dispose();
  });
}

/** Gradient of x where each state's squared MMD is weighted. */
async function gradientOf(
  x: Float32Array,
  y: Float32Array,
  weights: Float32Array,
  { batch, n, m, width, sigma }: Case,
): Promise<ArrayLike<number>> {
  const [dx] = tidy(() =>
    grads((a) =>
      sum(mul(laplacianMmdSquared(a as Tensor3D, tensor3d(y, [batch, m, width]), sigma), tensor1d(weights))),
    )([tensor3d(x, [batch, n, width])]),
  );
  return dx!.data().finally(() => {
    dx!.dispose();
  });
}

describeOnBackends(
  'the Laplacian MMD',
  () => {
    it.each([1, 2, 3, 63, 64, 65, 257])('the squared MMD of %i states agrees with float64', async (batch) => {
      for (const sizes of [
        { n: 1, m: 3, width: 2, sigma: 0.7 },
        { n: 4, m: 2, width: 2, sigma: 20 },
        { n: 10, m: 10, width: 2, sigma: 20 },
        { n: 3, m: 5, width: 1, sigma: 0.7 },
        { n: 5, m: 7, width: 3, sigma: 2 },
        { n: 2, m: 1, width: 17, sigma: 10 },
      ]) {
        const given = { batch, ...sizes };
        const [x, y] = pointsOf(given);
        expect(maxDifference(await squaredOf(x, y, given), reference(x, y, given))).toBeLessThan(1e-6);
      }
    });

    it('the squared MMD of nearby points loses no digits', async () => {
      const given = { batch: 6, n: 10, m: 9, width: 2, sigma: 20 };
      for (const spread of [1, 1e-2, 1e-4]) {
        const [x, y] = pointsOf(given, spread);
        // 1 − k is some spread/20.
        const tolerance = (1e-6 * spread) / 20;
        expect(maxDifference(await squaredOf(x, y, given), reference(x, y, given))).toBeLessThan(tolerance);
      }
    });

    it('the squared MMD and its gradient are right for equal and for distant points', async () => {
      const given = { batch: 5, n: 3, m: 3, width: 3, sigma: 0.5 };
      const [x] = pointsOf(given);
      const weights = testNormals('w', given.batch);
      expect(maxDifference(await squaredOf(x, x, given), new Float32Array(given.batch))).toBeLessThan(1e-6);
      const same = new Float32Array(x.length).fill(0.3);
      expect(Array.from(await squaredOf(same, same, given))).toEqual([0, 0, 0, 0, 0]);
      expect(maxDifference(await gradientOf(same, same, weights, given), new Float32Array(x.length))).toBe(0);
      const far = x.map((value, i) => value + 1e3 * i);
      const away = far.map((value) => value + 1e9);
      expect(maxDifference(await squaredOf(far, away, given), new Float32Array(given.batch).fill(2 / 3))).toBeLessThan(
        1e-6,
      );
      expect(maxDifference(await gradientOf(far, away, weights, given), new Float32Array(x.length))).toBeLessThan(1e-7);
    });

    it.each([
      { batch: 3, n: 4, m: 5, width: 2, sigma: 0.8 },
      { batch: 5, n: 10, m: 10, width: 2, sigma: 20 },
      { batch: 2, n: 3, m: 1, width: 1, sigma: 1 },
      { batch: 7, n: 2, m: 3, width: 5, sigma: 3 },
    ])('the gradient agrees with central differences: %o', async (given) => {
      const [x, y] = pointsOf(given);
      const weights = testNormals('w', given.batch);
      const expected = centralDifferences(
        x,
        (changed) =>
          reference(changed, y, given).reduce((total, value, row) => total + value * (weights[row] as number), 0),
        1e-6,
      );
      expect(maxDifference(await gradientOf(x, y, weights, given), expected)).toBeLessThan(1e-6);
    });
  },
  KERNEL_BACKENDS,
);

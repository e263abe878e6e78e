import { clone, grads, minimum, mul, sum, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { centralDifferences, describeOnBackends, maxDifference, testNormals } from '../testing.ts';
import type { Pessimism } from '../../math/pessimism.ts';
import { pessimisticQ } from './pessimistic-q.ts';

const ROWS = 65;

/** The estimate in float64, from its definition; `q` contains member after member. */
function reference(q: ArrayLike<number>, members: number, pessimism: Pessimism): number[] {
  return Array.from({ length: ROWS }, (_, row) => {
    const own = Array.from({ length: members }, (_, i) => q[i * ROWS + row]!);
    if (pessimism.kind === 'min') return Math.min(...own);
    const mean = own.reduce((a, b) => a + b, 0) / members;
    return mean - pessimism.beta * Math.sqrt(own.reduce((a, b) => a + (b - mean) ** 2, 0) / members);
  });
}

const KINDS: Pessimism[] = [{ kind: 'min' }, { kind: 'lcb', beta: 1.5 }];

describeOnBackends('pessimistic Q', () => {
  it.each([2, 3, 10].flatMap((members) => KINDS.map((pessimism) => ({ members, pessimism }))))(
    'the estimate of $members members by $pessimism.kind and its gradient agree with float64',
    async ({ members, pessimism }) => {
      const q = testNormals('q', members * ROWS);
      const weights = testNormals('weights', ROWS);
      const columns = Array.from({ length: members }, (_, i) =>
        tensor2d(q.subarray(i * ROWS, (i + 1) * ROWS), [ROWS, 1]),
      );
      const estimate = pessimisticQ(columns, pessimism);
      expect(maxDifference(await estimate.data(), reference(q, members, pessimism))).toBeLessThan(1e-5);
      const found = tidy(() =>
        grads((...heads) => sum(mul(pessimisticQ(heads as Tensor2D[], pessimism), tensor2d(weights, [ROWS, 1]))))(
          columns,
        ),
      );
      const expected = centralDifferences(q, (changed) =>
        reference(changed, members, pessimism).reduce((total, value, i) => total + value * weights[i]!, 0),
      );
      const gradient = Float32Array.from((await Promise.all(found.map((each) => each.data()))).flatMap((d) => [...d]));
      expect(maxDifference(gradient, expected)).toBeLessThan(1e-4);
      for (const tensor of [...columns, ...found, estimate]) tensor.dispose();
    },
  );

  it('for two members the minimum and the bound at β = 1 agree, and equal members share the gradient', async () => {
    const [a, b] = [testNormals('a', ROWS), testNormals('b', ROWS)].map((values) => tensor2d(values, [ROWS, 1])) as [
      Tensor2D,
      Tensor2D,
    ];
    const least = (await minimum(a, b).data()) as Float32Array;
    expect(await pessimisticQ([a, b], { kind: 'min' }).data()).toEqual(least);
    expect(maxDifference(await pessimisticQ([a, b], { kind: 'lcb', beta: 1 }).data(), least)).toBeLessThan(1e-6);
    const [slope] = tidy(() =>
      grads((x) => sum(pessimisticQ([x as Tensor2D, a], { kind: 'lcb', beta: 1 })))([clone(a)]),
    );
    expect(maxDifference(await slope!.data(), new Float32Array(ROWS).fill(0.5))).toBeLessThan(1e-6);
  });
});

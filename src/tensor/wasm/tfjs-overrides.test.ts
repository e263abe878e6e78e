import {
  add,
  concat,
  div,
  gather,
  mean,
  mul,
  pad,
  slice,
  split,
  sub,
  sum,
  tensor,
  tensor1d,
  tidy,
  tile,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setSimdContext, simdContext } from '../backend-state.ts';
import { startBackend } from '../backend.ts';
import { maxDifference, testNormals } from '../testing.ts';

const normal = (shape: readonly number[]) =>
  tensor(
    testNormals(
      shape.join(),
      shape.reduce((a, b) => a * b, 1),
    ),
    [...shape],
  );

/** Results of our overrides and of tfjs' kernels. */
async function both(run: () => Tensor[]): Promise<unknown[]> {
  const context = simdContext();
  const found: unknown[] = [];
  for (const each of [context, null]) {
    setSimdContext(each);
    const results = tidy(run);
    setSimdContext(context);
    found.push(await Promise.all(results.map(async (result) => [result.shape, Array.from(await result.data())])));
    for (const result of results) result.dispose();
  }
  return found;
}

describe('tfjs overrides on wasm', () => {
  beforeAll(() => startBackend('wasm', { threads: 1 }));
  afterAll(() => {
    expect(simdContext()).not.toBeNull();
  });

  it.each<[string, () => Tensor[]]>([
    ['concat of matrices along columns', () => [concat([normal([5, 2]), normal([5, 4]), normal([5, 1])], 1)]],
    ['concat of matrices along rows', () => [concat([normal([2, 3]), normal([5, 3])], 0)]],
    ['concat along a negative axis', () => [concat([normal([2, 3, 2]), normal([2, 3, 5])], -1)]],
    ['concat along a middle axis', () => [concat([normal([2, 3, 2]), normal([2, 1, 2])], 1)]],
    ['concat of vectors', () => [concat([normal([1]), normal([4])])]],
    ['concat with an empty matrix', () => [concat([normal([3, 2]), normal([3, 0])], 1)]],
    ['slice of columns', () => [slice(normal([7, 5]), [0, 2], [7, 2])]],
    ['slice from the middle to the end', () => [slice(normal([7, 5]), [2, 1], [-1, -1])]],
    ['slice of three axes', () => [slice(normal([3, 4, 5]), [1, 1, 1], [2, 2, 2])]],
    ['split of columns', () => split(normal([6, 7]), [2, 4, 1], 1)],
    ['split of columns into equal parts', () => split(normal([6, 8]), 4, 1)],
    ['split of rows', () => split(normal([6, 2]), 3, 0)],
    ['tile of each row', () => [tile(normal([5, 1, 3]), [1, 4, 1])]],
    ['tile of a matrix', () => [tile(normal([5, 3]), [2, 2])]],
    [
      'pad',
      () => [
        pad(normal([3, 2]), [
          [1, 2],
          [3, 4],
        ]),
        pad(
          normal([3, 2]),
          [
            [0, 0],
            [2, 0],
          ],
          0.5,
        ),
      ],
    ],
    ['gather of rows', () => [gather(normal([9, 3]), tensor1d([8, 0, 0, 5], 'int32'))]],
    ['arithmetic of one shape', () => [add, sub, mul, div].map((of) => of(normal([7, 3]), normal([7, 3])))],
    [
      'arithmetic with a number',
      () => [add, sub, mul, div].flatMap((of) => [of(normal([9]), 0.3), of(0.3, normal([9]))]),
    ],
    ['a matrix and a row', () => [mul(normal([5, 6]), normal([6])), sub(normal([1, 6]), normal([5, 6]))]],
    ['a matrix and a column', () => [div(normal([5, 6]), normal([5, 1])), add(normal([5, 1]), normal([1, 6]))]],
    [
      'operands of three axes',
      () => [add(normal([4, 1, 2]), normal([4, 10, 2])), mul(normal([4, 3, 2]), normal([3, 1]))],
    ],
    [
      'operands of four axes',
      () => [mul(normal([2, 1, 2, 1]), normal([2, 3, 1, 3])), sub(normal([2, 3, 2, 3]), normal([1, 3, 1, 1]))],
    ],
    ['single numbers', () => [add(normal([1]), 2), div(normal([1, 1]), normal([1])), mul(3, 2)]],
    [
      'integers',
      () => [add(tensor1d([1, 2], 'int32'), tensor1d([3, 4], 'int32')), mul(normal([2]), tensor1d([3, 4], 'int32'))],
    ],
    ['gather of columns', () => [gather(normal([9, 3]), tensor1d([2, 0], 'int32'), 1)]],
  ])('overrides give the same bits as tfjs: %s', async (_name, run) => {
    const [ours, theirs] = await both(run);
    expect(ours).toEqual(theirs);
  });

  it.each<[string, () => Tensor]>([
    ['all', () => sum(normal([5, 7]))],
    ['the mean of all', () => mean(normal([5, 7]))],
    ['rows', () => sum(normal([5, 7]), 1)],
    ['columns, as a matrix', () => mean(normal([5, 7]), 0, true)],
    ['points of a state', () => sum(normal([4, 10, 2]), 1)],
    ['states and points', () => mean(normal([4, 10, 2]), [1, 0])],
    ['axes apart', () => sum(normal([4, 10, 2]), [0, 2])],
    ['one number', () => mean(normal([1]))],
    ['integers', () => sum(tensor1d([1, 2, 3], 'int32'))],
  ])('overridden sums agree with tfjs up to rounding: %s', async (_name, run) => {
    const [ours, theirs] = (await both(() => [run()])) as [[number[], number[]][], [number[], number[]][]];
    expect(ours[0]?.[0]).toEqual(theirs[0]?.[0]);
    expect(maxDifference(ours[0]?.[1] ?? [], theirs[0]?.[1] ?? [])).toBeLessThan(1e-5);
  });

  it('gather rejects an index out of range', () => {
    for (const index of [9, -1]) {
      expect(() => tidy(() => gather(normal([9, 3]), tensor1d([0, index], 'int32')))).toThrow();
    }
  });
});

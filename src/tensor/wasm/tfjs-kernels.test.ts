import { concat, gather, pad, slice, split, tensor, tensor1d, tidy, tile, type Tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setSimdContext, simdContext } from '../backend-state.ts';
import { startBackend } from '../backend.ts';
import { testNormals } from '../testing.ts';

const normal = (shape: readonly number[]) =>
  tensor(
    testNormals(
      shape.join(),
      shape.reduce((a, b) => a * b, 1),
    ),
    [...shape],
  );

/** Results by ours and by tfjs' own kernels. */
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

describe('kernels in front of those of tfjs', () => {
  beforeAll(() => startBackend('wasm', { threads: 1 }));
  afterAll(() => {
    expect(simdContext()).not.toBeNull();
  });

  it.each<[string, () => Tensor[]]>([
    ['matrices side by side', () => [concat([normal([5, 2]), normal([5, 4]), normal([5, 1])], 1)]],
    ['matrices below each other', () => [concat([normal([2, 3]), normal([5, 3])], 0)]],
    ['along a negative axis', () => [concat([normal([2, 3, 2]), normal([2, 3, 5])], -1)]],
    ['along an axis in the middle', () => [concat([normal([2, 3, 2]), normal([2, 1, 2])], 1)]],
    ['numbers side by side', () => [concat([normal([1]), normal([4])])]],
    ['with one that is empty', () => [concat([normal([3, 2]), normal([3, 0])], 1)]],
    ['columns', () => [slice(normal([7, 5]), [0, 2], [7, 2])]],
    ['a part in the middle, to the end', () => [slice(normal([7, 5]), [2, 1], [-1, -1])]],
    ['a part of more axes', () => [slice(normal([3, 4, 5]), [1, 1, 1], [2, 2, 2])]],
    ['columns apart', () => split(normal([6, 7]), [2, 4, 1], 1)],
    ['columns apart, in parts of one size', () => split(normal([6, 8]), 4, 1)],
    ['rows apart', () => split(normal([6, 2]), 3, 0)],
    ['each row some times', () => [tile(normal([5, 1, 3]), [1, 4, 1])]],
    ['a matrix some times', () => [tile(normal([5, 3]), [2, 2])]],
    [
      'a margin',
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
    ['rows by their indices', () => [gather(normal([9, 3]), tensor1d([8, 0, 0, 5], 'int32'))]],
    ['columns by their indices', () => [gather(normal([9, 3]), tensor1d([2, 0], 'int32'), 1)]],
  ])('give what tfjs gives: %s', async (_name, run) => {
    const [ours, theirs] = await both(run);
    expect(ours).toEqual(theirs);
  });

  it('refuse an index that is none', () => {
    for (const index of [9, -1]) {
      expect(() => tidy(() => gather(normal([9, 3]), tensor1d([0, index], 'int32')))).toThrow();
    }
  });
});

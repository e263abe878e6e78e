import {
  concat,
  gather,
  max,
  mean,
  split,
  tensor1d,
  tensor2d,
  tile,
  reshape,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { afterEach, expect, it } from 'vitest';
import { describeOnBackends, testNormals } from '../testing.ts';
import { watchDispatches } from './dispatch.ts';

const ROWS = 70;
const matrix = (name: string, width: number) => tensor2d(testNormals(name, ROWS * width), [ROWS, width]);
const rowsOf = (values: Float32Array, width: number): number[][] =>
  Array.from({ length: values.length / width }, (_, row) => [...values.subarray(row * width, (row + 1) * width)]);

const CASES: { op: string; kernel: string; run: () => Tensor; expected: () => number[] }[] = [
  {
    op: 'repeats rows',
    kernel: 'repeated',
    run: () => tile(reshape(matrix('x', 3), [ROWS, 1, 3]), [1, 4, 1]),
    expected: () => rowsOf(testNormals('x', ROWS * 3), 3).flatMap((row) => [row, row, row, row].flat()),
  },
  {
    op: 'finds the largest of each row',
    kernel: 'largest',
    run: () => max(matrix('x', 10), 1, true),
    expected: () => rowsOf(testNormals('x', ROWS * 10), 10).map((row) => Math.max(...row)),
  },
  {
    op: 'finds the largest of each row without a dimension for it',
    kernel: 'largest',
    run: () => max(matrix('x', 3), -1),
    expected: () => rowsOf(testNormals('x', ROWS * 3), 3).map((row) => Math.max(...row)),
  },
  {
    op: 'gathers rows',
    kernel: 'rows',
    run: () => gather(matrix('x', 3), tensor1d([69, 0, 7], 'int32')),
    expected: () => [69, 0, 7].flatMap((row) => rowsOf(testNormals('x', ROWS * 3), 3)[row] ?? []),
  },
  {
    op: 'puts matrices side by side',
    kernel: 'concat',
    run: () => concat([matrix('x', 3), matrix('y', 2)], 1),
    expected: () => {
      const y = rowsOf(testNormals('y', ROWS * 2), 2);
      return rowsOf(testNormals('x', ROWS * 3), 3).flatMap((row, i) => [...row, ...(y[i] ?? [])]);
    },
  },
  {
    op: 'takes columns',
    kernel: 'columns',
    run: () => split(matrix('x', 5), [2, 3], 1)[1] as Tensor,
    expected: () => rowsOf(testNormals('x', ROWS * 5), 5).flatMap((row) => row.slice(2)),
  },
  {
    op: 'averages',
    kernel: 'mean',
    run: () => mean(matrix('x', 5)),
    expected: () => [testNormals('x', ROWS * 5).reduce((a, b) => a + b, 0) / (ROWS * 5)],
  },
];

describeOnBackends(
  'kernels of ours in place of those of tfjs',
  () => {
    afterEach(() => watchDispatches(null));

    it.each(CASES)('$op', async ({ kernel, run, expected }) => {
      const ran: string[] = [];
      watchDispatches(({ name }) => ran.push(name));
      const found = await run().data();
      expect(ran).toEqual(expect.arrayContaining([kernel]));
      const wanted = expected();
      expect(found).toHaveLength(wanted.length);
      wanted.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 5));
    });

    it('does not lose a NaN among the values that it compares', async () => {
      const values = tensor2d([1, Number.NaN, 2, Number.NaN, 3, 4, 5, 6, 7], [3, 3]);
      expect([...(await max(values, 1).data())]).toEqual([Number.NaN, Number.NaN, 7]);
    });
  },
  ['webgpu'],
);

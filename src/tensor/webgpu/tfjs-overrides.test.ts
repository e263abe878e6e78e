import {
  abs,
  add,
  addN,
  cast,
  clipByValue,
  concat,
  div,
  engine,
  equal,
  exp,
  gather,
  grads,
  greaterEqual,
  lessEqual,
  log,
  logicalAnd,
  max,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  pad,
  relu,
  reshape,
  slice,
  split,
  sqrt,
  square,
  step,
  sub,
  sum,
  tanh,
  tensor,
  tensor1d,
  tensor2d,
  tile,
  where,
  zerosLike,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { afterEach, expect, it, vi } from 'vitest';
import { bypassOverrides } from '../kernel-overrides.ts';
import { describeOnBackends, testNormals } from '../testing.ts';
import { watchDispatches } from './dispatch.ts';

const ROWS = 70;
const matrix = (name: string, width: number) => tensor2d(testNormals(name, ROWS * width), [ROWS, width]);
const rowsOf = (values: Float32Array, width: number): number[][] =>
  Array.from({ length: values.length / width }, (_, row) => [...values.subarray(row * width, (row + 1) * width)]);

const CASES: { op: string; kernel: string; run: () => Tensor; expected: () => number[] }[] = [
  {
    op: 'tile repeats rows',
    kernel: 'tile',
    run: () => tile(reshape(matrix('x', 3), [ROWS, 1, 3]), [1, 4, 1]),
    expected: () => rowsOf(testNormals('x', ROWS * 3), 3).flatMap((row) => [row, row, row, row].flat()),
  },
  {
    op: 'max finds the largest of each row',
    kernel: 'largest',
    run: () => max(matrix('x', 10), 1, true),
    expected: () => rowsOf(testNormals('x', ROWS * 10), 10).map((row) => Math.max(...row)),
  },
  {
    op: 'max drops the reduced dimension',
    kernel: 'largest',
    run: () => max(matrix('x', 3), -1),
    expected: () => rowsOf(testNormals('x', ROWS * 3), 3).map((row) => Math.max(...row)),
  },
  {
    op: 'gather takes rows',
    kernel: 'rows',
    run: () => gather(matrix('x', 3), tensor1d([69, 0, 7], 'int32')),
    expected: () => [69, 0, 7].flatMap((row) => rowsOf(testNormals('x', ROWS * 3), 3)[row] ?? []),
  },
  {
    op: 'concat joins columns',
    kernel: 'concat',
    run: () => concat([matrix('x', 3), matrix('y', 2)], 1),
    expected: () => {
      const y = rowsOf(testNormals('y', ROWS * 2), 2);
      return rowsOf(testNormals('x', ROWS * 3), 3).flatMap((row, i) => [...row, ...(y[i] ?? [])]);
    },
  },
  {
    op: 'split takes columns',
    kernel: 'slice',
    run: () => split(matrix('x', 5), [2, 3], 1)[1] as Tensor,
    expected: () => rowsOf(testNormals('x', ROWS * 5), 5).flatMap((row) => row.slice(2)),
  },
  {
    op: 'mean averages',
    kernel: 'mean',
    run: () => mean(matrix('x', 5)),
    expected: () => [testNormals('x', ROWS * 5).reduce((a, b) => a + b, 0) / (ROWS * 5)],
  },
];

/** Sizes for one workgroup, for one workgroup with a loop, and for several workgroups. */
const SHAPES = [
  [7, 3],
  [150, 5],
  [600, 3],
] as const;

const OPERATIONS: { op: string; run: (a: Tensor, b: Tensor) => Tensor; value: (a: number, b: number) => number }[] = [
  { op: 'add', run: add, value: (a, b) => a + b },
  { op: 'sub', run: sub, value: (a, b) => a - b },
  { op: 'mul', run: mul, value: (a, b) => a * b },
  { op: 'div', run: div, value: (a, b) => a / b },
  { op: 'neg', run: neg, value: (a) => -a },
  { op: 'exp', run: exp, value: Math.exp },
  { op: 'log', run: (a) => log(square(a)), value: (a) => Math.log(a * a) },
  { op: 'sqrt', run: (a) => sqrt(square(a)), value: Math.abs },
  { op: 'tanh', run: (a) => tanh(mul(a, 20)), value: (a) => Math.tanh(20 * a) },
  { op: 'small tanh', run: (a) => tanh(mul(a, 1e-3)), value: (a) => Math.tanh(1e-3 * a) },
  { op: 'clip', run: (a) => clipByValue(a, -0.5, 0.25), value: (a) => Math.min(Math.max(a, -0.5), 0.25) },
  { op: 'maximum', run: maximum, value: Math.max },
  { op: 'minimum', run: minimum, value: Math.min },
  { op: 'abs', run: abs, value: Math.abs },
  { op: 'relu', run: relu, value: (a) => Math.max(a, 0) },
  { op: 'step', run: (a) => step(a, 0.25), value: (a) => (a > 0 ? 1 : 0.25) },
  { op: 'addN', run: (a) => addN([a, a, a]), value: (a) => 3 * a },
  { op: 'cast', run: (a, b) => cast(greaterEqual(a, b), 'float32'), value: (a, b) => (a >= b ? 1 : 0) },
  { op: 'zerosLike', run: zerosLike, value: () => 0 },
  { op: 'where equal', run: (a) => where(equal(a, a), a, zerosLike(a)), value: (a) => a },
  {
    op: 'where both',
    run: (a, b) => where(logicalAnd(greaterEqual(a, b), lessEqual(a, 1)), a, zerosLike(a)),
    value: (a, b) => (a >= b && a <= 1 ? a : 0),
  },
];

describeOnBackends(
  'overrides of tfjs’ kernels',
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

    it.each(SHAPES.flatMap(([rows, width]) => OPERATIONS.map((each) => ({ rows, width, ...each }))))(
      '$op of [$rows, $width] with a matrix, a row, a column and a number',
      async ({ rows, width, run, value }) => {
        const theirs = vi.spyOn(engine().backend as WebGPUBackend, 'runWebGPUProgram');
        const values = testNormals('a', rows * width);
        const a = tensor2d(values, [rows, width]);
        for (const shape of [[rows, width], [1, width], [rows, 1], [] as number[]]) {
          const others = testNormals(
            'b',
            shape.reduce((x, y) => x * y, 1),
          );
          const found = await run(a, tensor(others, shape)).data();
          values.forEach((x, i) => {
            const [row, column] = [Math.floor(i / width), i % width];
            const at = (shape[0] === rows ? row * (shape[1] ?? 1) : 0) + (shape[1] === width ? column : 0);
            const wanted = value(x, others[at] as number);
            const difference = Math.abs((found[i] as number) - wanted);
            expect(difference).toBeLessThan(2e-6 * Math.max(1, Math.abs(wanted)));
          });
        }
        expect(theirs).not.toHaveBeenCalled();
        theirs.mockRestore();
      },
    );

    it.each(SHAPES)('slice, pad and sum of [%i, %i]', async (rows, width) => {
      const values = testNormals('a', rows * width);
      const matrixOf = rowsOf(values, width);
      const a = tensor2d(values, [rows, width]);
      expect([...(await slice(a, [2, 1], [rows - 3, 2]).data())]).toEqual(
        matrixOf.slice(2, rows - 1).flatMap((row) => row.slice(1, 3)),
      );
      const around = [0, 1, 2, 3].map(() => 9);
      const padded = await pad(
        a,
        [
          [0, 0],
          [3, 1],
        ],
        9,
      ).data();
      expect([...padded]).toEqual(matrixOf.flatMap((row) => [...around.slice(1), ...row, 9]));
      const sums = await sum(reshape(a, [1, rows, width]), 2).data();
      matrixOf.forEach((row, i) =>
        expect(sums[i]).toBeCloseTo(
          row.reduce((x, y) => x + y, 0),
          5,
        ),
      );
      const ofThree = await sum(reshape(a, [3, 1, -1]), 0).data();
      const third = values.length / 3;
      ofThree.forEach((found, i) => {
        const wanted = [0, 1, 2].reduce((total, k) => total + (values[k * third + i] as number), 0);
        expect(found).toBeCloseTo(wanted, 5);
      });
    });

    it('minimum has a gradient, which tfjs’ own cast of booleans makes 0', async () => {
      const [a, b] = [tensor1d([1, 2, 3]), tensor1d([2.5, 2.5, 2.5])];
      const [ofA, ofB] = grads((x, y) => sum(minimum(x as Tensor1D, y as Tensor1D)))([a, b]) as [Tensor, Tensor];
      expect([...(await ofA.data())]).toEqual([1, 1, 0]);
      expect([...(await ofB.data())]).toEqual([0, 0, 1]);
    });

    it('maximum, minimum and relu propagate NaN', async () => {
      const [a, b] = [tensor1d([Number.NaN, 1]), tensor1d([1, Number.NaN])];
      for (const run of [maximum, minimum]) expect([...(await run(a, b).data())]).toEqual([Number.NaN, Number.NaN]);
      expect([...(await relu(a).data())]).toEqual([Number.NaN, 1]);
    });

    it('bypassOverrides leaves all kernels to tfjs', async () => {
      const ran: string[] = [];
      watchDispatches(({ name }) => ran.push(name));
      bypassOverrides(true);
      const found = await add(tensor1d([1, 2]), tensor1d([3, 4])).data();
      bypassOverrides(false);
      expect([...found]).toEqual([4, 6]);
      expect(ran).toEqual([]);
    });

    it('split of a vector', async () => {
      const [first, second] = split(tensor1d([1, 2, 3, 4, 5]), [2, 3]) as [Tensor, Tensor];
      expect([...(await first.data())]).toEqual([1, 2]);
      expect([...(await second.data())]).toEqual([3, 4, 5]);
    });

    it('clipByValue propagates NaN', async () => {
      const found = await clipByValue(tensor1d([Number.NaN, -2, 0.5, Infinity]), -1, 1).data();
      expect([...found]).toEqual([Number.NaN, -1, 0.5, 1]);
    });

    it('max of rows propagates NaN', async () => {
      const values = tensor2d([1, Number.NaN, 2, Number.NaN, 3, 4, 5, 6, 7], [3, 3]);
      expect([...(await max(values, 1).data())]).toEqual([Number.NaN, Number.NaN, 7]);
    });
  },
  ['webgpu'],
);

/**
 * Some of tfjs' kernels by ours, in the cases that a gradient step has: those that move rows and columns, which tfjs does
 * row by row in JavaScript, or with more of it than there is to move. All other cases are left to tfjs.
 */
import { backend_util, slice_util, util, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { simdContext } from '../backend-state.ts';
import { isFloat, putInFront, sizeOf, type OwnCase } from '../in-front.ts';
import type { SimdKernels } from './module.ts';
import { everyStep } from './noting.ts';

type Inputs = Readonly<Record<string, TensorInfo>>;

/** What a kernel works with: places in memory, and outputs with theirs. */
interface Work {
  kernels: SimdKernels;
  at(info: TensorInfo): number;
  make(shape: number[]): TensorInfo;
  fill(info: TensorInfo, value: number): void;
}

type OwnKernel = (work: Work, inputs: Inputs, attributes: NamedAttrMap) => TensorInfo | TensorInfo[] | null;

/** Bytes of a float32. */
const BYTES = 4;

/** Side by side, along any axis. */
const concat: OwnKernel = ({ kernels, at, make }, inputs, { axis }) => {
  const parts = Object.values(inputs);
  if (parts.length < 2 || !parts.every(isFloat)) return null;
  const shapes = parts.map(({ shape }) => shape);
  const first = shapes[0] as number[];
  const along = util.parseAxisParam(axis as number, first)[0] as number;
  backend_util.assertParamsConsistent(shapes, along);
  const rows = sizeOf(first.slice(0, along));
  const result = make(backend_util.computeOutShape(shapes, along));
  const width = sizeOf(result.shape) / rows;
  let column = 0;
  for (const part of parts) {
    const own = sizeOf(part.shape) / rows;
    kernels.putColumns(at(result), width, column, at(part), own, own, rows);
    column += own;
  }
  return result;
};

/** A part of a matrix: `width` columns of `rows` rows. */
function partOf(
  { kernels, at, make }: Work,
  x: TensorInfo,
  [row, column]: readonly [number, number],
  [rows, width]: readonly [number, number],
): TensorInfo {
  const all = x.shape[1] as number;
  const part = make([rows, width]);
  kernels.putColumns(at(part), width, 0, at(x) + BYTES * (row * all + column), all, width, rows);
  return part;
}

const slice: OwnKernel = (work, { x }, { begin, size }) => {
  const info = x as TensorInfo;
  if (info.shape.length !== 2 || !isFloat(info)) return null;
  const params = slice_util.parseSliceParams(info, begin as number[], size as number[]);
  const [from, count] = params as [[number, number], [number, number]];
  if (sizeOf(count) === 0) return null;
  slice_util.assertParamsValid(info, from, count);
  return partOf(work, info, from, count);
};

/** A matrix taken apart into columns. */
const split: OwnKernel = (work, { x }, { numOrSizeSplits, axis }) => {
  const info = x as TensorInfo;
  if (info.shape.length !== 2 || axis !== 1 || !isFloat(info)) return null;
  const widths = backend_util.prepareSplitSize(info as never, numOrSizeSplits as number[], 1);
  if (widths.some((width) => width <= 0)) return null;
  let column = 0;
  return widths.map((width) => {
    const part = partOf(work, info, [0, column], [info.shape[0] as number, width]);
    column += width;
    return part;
  });
};

/** Rows of a matrix [N, 1, W], each some times: [N, times, W]. */
const tile: OwnKernel = ({ kernels, at, make }, { x }, { reps }) => {
  const info = x as TensorInfo;
  const [rows, one, width] = info.shape as [number, number, number];
  const [first, times, last] = reps as [number, number, number];
  if (info.shape.length !== 3 || one !== 1 || first !== 1 || last !== 1 || times < 1 || !isFloat(info)) return null;
  const result = make([rows, times, width]);
  for (let i = 0; i < times; i++) {
    kernels.putColumns(at(result), times * width, i * width, at(info), width, width, rows);
  }
  return result;
};

/** A matrix with a margin. */
const pad: OwnKernel = ({ kernels, at, make, fill }, { x }, { paddings, constantValue }) => {
  const info = x as TensorInfo;
  if (info.shape.length !== 2 || !isFloat(info)) return null;
  const [rows, width] = info.shape as [number, number];
  const [[above, below], [left, right]] = paddings as unknown as [[number, number], [number, number]];
  const result = make([above + rows + below, left + width + right]);
  fill(result, constantValue as number);
  const all = left + width + right;
  kernels.putColumns(at(result) + BYTES * above * all, all, left, at(info), width, width, rows);
  return result;
};

/** Rows of a matrix. */
const gather: OwnKernel = ({ kernels, at, make }, inputs, { axis, batchDims }) => {
  const { x, indices } = inputs as Record<'x' | 'indices', TensorInfo>;
  if (!isFloat(x) || x.shape.length !== 2 || axis !== 0 || (batchDims ?? 0) !== 0) return null;
  if (indices.dtype !== 'int32' || indices.shape.length !== 1) return null;
  const [all, width] = x.shape as [number, number];
  const count = indices.shape[0] as number;
  if (count === 0) return null;
  const result = make([count, width]);
  kernels.gatherRows(at(x), all, at(indices), at(result), width, count);
  return result;
};

const OWN: Readonly<Record<string, OwnKernel>> = {
  Concat: concat,
  GatherV2: gather,
  PadV2: pad,
  Slice: slice,
  SplitV: split,
  Tile: tile,
};

function ownCase(own: OwnKernel): OwnCase {
  return ({ inputs, attrs, backend }) => {
    const context = simdContext();
    if (!context) return null;
    const wasm = backend as BackendWasm;
    const work: Work = {
      kernels: context.kernels,
      at: ({ dataId }) => wasm.getMemoryOffset(dataId),
      make: (shape) => wasm.makeOutput(shape, 'float32'),
      fill: (info, value) => {
        everyStep(() => wasm.typedArrayFromHeap(info).fill(value));
      },
    };
    return own(work, inputs as unknown as Inputs, attrs ?? {});
  };
}

/** Puts ours in front of tfjs' kernels on wasm; these must be registered already. */
export function registerOwnKernels(): void {
  putInFront('wasm', Object.fromEntries(Object.entries(OWN).map(([name, own]) => [name, ownCase(own)])));
}

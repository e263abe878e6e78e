/**
 * Overrides of tfjs' kernels on wasm, for the cases that occur in a gradient step: arithmetic, sums, and moves of rows and
 * columns. tfjs spends microseconds of JavaScript on each, on some for every row; a recording replays ours by their pointers.
 * Other cases fall through to tfjs.
 */
import { backend_util, slice_util, util, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { simdContext } from '../backend-state.ts';
import { isFloat, overrideKernels, sizeOf, type KernelOverride } from '../kernel-overrides.ts';
import type { SimdKernels } from './module.ts';
import { captureCallback } from './capture.ts';

type Inputs = Readonly<Record<string, TensorInfo>>;

/** The kernels, pointers to tensors, and allocation of outputs. */
interface KernelWorkspace {
  kernels: SimdKernels;
  at(info: TensorInfo): number;
  make(shape: number[]): TensorInfo;
  fill(info: TensorInfo, value: number): void;
}

type OverrideKernel = (
  work: KernelWorkspace,
  inputs: Inputs,
  attributes: NamedAttrMap,
) => TensorInfo | TensorInfo[] | null;

/** Bytes of a float32. */
const BYTES = 4;

/** Concatenation along any axis. */
const concat: OverrideKernel = ({ kernels, at, make }, inputs, { axis }) => {
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
    kernels.copyColumns(at(result), width, column, at(part), own, own, rows);
    column += own;
  }
  return result;
};

/** A copy of `rows` rows and `width` columns of a matrix. */
function copySubmatrix(
  { kernels, at, make }: KernelWorkspace,
  x: TensorInfo,
  [row, column]: readonly [number, number],
  [rows, width]: readonly [number, number],
): TensorInfo {
  const all = x.shape[1] as number;
  const part = make([rows, width]);
  kernels.copyColumns(at(part), width, 0, at(x) + BYTES * (row * all + column), all, width, rows);
  return part;
}

const slice: OverrideKernel = (work, { x }, { begin, size }) => {
  const info = x as TensorInfo;
  if (info.shape.length !== 2 || !isFloat(info)) return null;
  const params = slice_util.parseSliceParams(info, begin as number[], size as number[]);
  const [from, count] = params as [[number, number], [number, number]];
  if (sizeOf(count) === 0) return null;
  slice_util.assertParamsValid(info, from, count);
  return copySubmatrix(work, info, from, count);
};

/** A matrix split into columns. */
const split: OverrideKernel = (work, { x }, { numOrSizeSplits, axis }) => {
  const info = x as TensorInfo;
  if (info.shape.length !== 2 || axis !== 1 || !isFloat(info)) return null;
  const widths = backend_util.prepareSplitSize(info as never, numOrSizeSplits as number[], 1);
  if (widths.some((width) => width <= 0)) return null;
  let column = 0;
  return widths.map((width) => {
    const part = copySubmatrix(work, info, [0, column], [info.shape[0] as number, width]);
    column += width;
    return part;
  });
};

/** Repeats each row of [N, 1, W]: [N, times, W]. */
const tile: OverrideKernel = ({ kernels, at, make }, { x }, { reps }) => {
  const info = x as TensorInfo;
  const [rows, one, width] = info.shape as [number, number, number];
  const [first, times, last] = reps as [number, number, number];
  if (info.shape.length !== 3 || one !== 1 || first !== 1 || last !== 1 || times < 1 || !isFloat(info)) return null;
  const result = make([rows, times, width]);
  for (let i = 0; i < times; i++) {
    kernels.copyColumns(at(result), times * width, i * width, at(info), width, width, rows);
  }
  return result;
};

/** A matrix with a margin. */
const pad: OverrideKernel = ({ kernels, at, make, fill }, { x }, { paddings, constantValue }) => {
  const info = x as TensorInfo;
  if (info.shape.length !== 2 || !isFloat(info)) return null;
  const [rows, width] = info.shape as [number, number];
  const [[above, below], [left, right]] = paddings as unknown as [[number, number], [number, number]];
  const result = make([above + rows + below, left + width + right]);
  fill(result, constantValue as number);
  const all = left + width + right;
  kernels.copyColumns(at(result) + BYTES * above * all, all, left, at(info), width, width, rows);
  return result;
};

/** Rows of a matrix. */
const gather: OverrideKernel = ({ kernels, at, make }, inputs, { axis, batchDims }) => {
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

/** Number of axes of `combine`. */
const AXES = 3;

/**
 * The sizes of a result's axes, then each operand's strides along them. Adjacent axes are merged if the same operands are
 * broadcast along both. Null if more than three axes remain.
 */
function axesOf(shape: readonly number[], operands: readonly (readonly number[])[]): number[] | null {
  const axes: { size: number; has: boolean[] }[] = [];
  shape.forEach((size, i) => {
    if (size === 1) return;
    const has = operands.map((own) => (own[own.length - shape.length + i] ?? 1) > 1);
    const last = axes.at(-1);
    if (last && last.has.join() === has.join()) last.size *= size;
    else axes.push({ size, has });
  });
  if (axes.length > AXES) return null;
  while (axes.length < AXES) axes.unshift({ size: 1, has: operands.map(() => false) });
  const strides = operands.flatMap((_, k) => {
    let count = 1;
    const reversed = [...axes].reverse().map(({ size, has }) => {
      if (!has[k]) return 0;
      const stride = count;
      count *= size;
      return stride;
    });
    return reversed.reverse();
  });
  return [...axes.map(({ size }) => size), ...strides];
}

/** Arithmetic of two operands with broadcasting. */
function arithmetic(operation: number): OverrideKernel {
  return ({ kernels, at, make }, inputs) => {
    const { a, b } = inputs as Record<'a' | 'b', TensorInfo>;
    if (!isFloat(a) || !isFloat(b)) return null;
    const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const axes = axesOf(shape, [a.shape, b.shape]);
    if (!axes) return null;
    const result = make(shape);
    kernels.combine(operation, at(a), at(b), at(result), ...axes);
    return result;
  };
}

/** Sums or means along adjacent axes, or along all. */
function reduction(isMean: boolean): OverrideKernel {
  return ({ kernels, at, make }, { x }, { axis, keepDims }) => {
    const info = x as TensorInfo;
    const { shape } = info;
    if (!isFloat(info)) return null;
    const axes = util.parseAxisParam((axis ?? shape.map((_, i) => i)) as number[], shape).sort((a, b) => a - b);
    const [first = 0, last = -1] = [axes[0], axes.at(-1)];
    if (axes.length === 0 || axes.length !== last - first + 1) return null;
    const count = sizeOf(shape.slice(first, last + 1));
    const kept = shape.map((size, i) => (axes.includes(i) ? 1 : size));
    const result = make(keepDims === true ? kept : shape.filter((_, i) => !axes.includes(i)));
    const [outer, inner] = [sizeOf(shape.slice(0, first)), sizeOf(shape.slice(last + 1))];
    kernels.sumMiddle(at(info), isMean ? 1 / count : 1, at(result), outer, count, inner);
    return result;
  };
}

const OVERRIDES: Readonly<Record<string, OverrideKernel>> = {
  Add: arithmetic(0),
  Sub: arithmetic(1),
  Multiply: arithmetic(2),
  RealDiv: arithmetic(3),
  Concat: concat,
  GatherV2: gather,
  Mean: reduction(true),
  PadV2: pad,
  Slice: slice,
  SplitV: split,
  Sum: reduction(false),
  Tile: tile,
};

function overrideOf(own: OverrideKernel): KernelOverride {
  return ({ inputs, attrs, backend }) => {
    const context = simdContext();
    if (!context) return null;
    const wasm = backend as BackendWasm;
    const work: KernelWorkspace = {
      kernels: context.kernels,
      at: ({ dataId }) => wasm.getMemoryOffset(dataId),
      make: (shape) => wasm.makeOutput(shape, 'float32'),
      fill: (info, value) => {
        captureCallback(() => wasm.typedArrayFromHeap(info).fill(value));
      },
    };
    return own(work, inputs as unknown as Inputs, attrs ?? {});
  };
}

/** Registers the overrides on wasm. tfjs' kernels must already be registered. */
export function registerWasmOverrides(): void {
  overrideKernels('wasm', Object.fromEntries(Object.entries(OVERRIDES).map(([name, own]) => [name, overrideOf(own)])));
}

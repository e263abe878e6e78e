/**
 * Some of tfjs' kernels as dispatches of ours, in the cases that a gradient step has: a recording can put those together
 * with others, which it can't with tfjs' own. All other cases are left to tfjs.
 */
import {
  getKernel,
  registerKernel,
  unregisterKernel,
  type KernelFunc,
  type NamedAttrMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { dispatch, internalsOf } from './dispatch.ts';
import { drawnAs } from '../kernels/philox.ts';
import { eachElement, sumInOne } from './threads.ts';

type Inputs = Readonly<Record<string, TensorInfo>>;
/** The result, or null where the case is none of ours. */
type OwnKernel = (backend: WebGPUBackend, inputs: Inputs, attributes: NamedAttrMap) => TensorInfo | TensorInfo[] | null;

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const isFloat = ({ dtype, shape }: TensorInfo) => dtype === 'float32' && sizeOf(shape) > 0;

/** a + b of one shape. */
const add: OwnKernel = (backend, inputs) => {
  const { a, b } = inputs as Record<'a' | 'b', TensorInfo>;
  if (!isFloat(a) || !isFloat(b) || a.shape.join() !== b.shape.join()) return null;
  const count = sizeOf(a.shape);
  const sum = backend.makeTensorInfo([...a.shape], 'float32');
  dispatch(backend, {
    name: 'add',
    key: `${count}`,
    bindings: [
      { name: 'a', tensor: a, own: true },
      { name: 'b', tensor: b, own: true },
      { name: 'sum', tensor: sum, access: 'write', own: true },
    ],
    ...eachElement(count, () => 'sum[i] = a[i] + b[i];'),
  });
  return sum;
};

/** Sums by one workgroup are for as many numbers as this. */
const MOST_SUMMED = 65536;

/** The mean of all. */
const mean: OwnKernel = (backend, { x }, { axis, keepDims }) => {
  const info = x as TensorInfo;
  const axes = new Set([axis ?? []].flat());
  const count = sizeOf(info.shape);
  if (!isFloat(info) || count > MOST_SUMMED || keepDims === true) return null;
  if (axes.size > 0 && axes.size < info.shape.length) return null;
  const result = backend.makeTensorInfo([], 'float32');
  dispatch(backend, {
    name: 'mean',
    key: `${count}`,
    bindings: [
      { name: 'x', tensor: info },
      { name: 'result', tensor: result, access: 'write' },
    ],
    ...sumInOne(
      'f32',
      (threads) => `for (var i = t; i < ${count}u; i += ${threads}u) { sum += x[i]; }`,
      `result[0] = total / ${count}.0;`,
    ),
  });
  return result;
};

/** Side by side: rows of matrices, or numbers. */
const concat: OwnKernel = (backend, inputs, { axis }) => {
  const parts = Object.values(inputs);
  const [first] = parts as [TensorInfo];
  const rank = first.shape.length;
  const along = (axis as number) < 0 ? (axis as number) + rank : axis;
  const { maxStorageBuffersPerShaderStage } = internalsOf(backend).device.limits;
  if (parts.length >= maxStorageBuffersPerShaderStage) return null;
  if ((rank !== 1 && rank !== 2) || along !== rank - 1 || !parts.every(isFloat)) return null;
  const rows = rank === 2 ? (first.shape[0] as number) : 1;
  const widths = parts.map(({ shape }) => shape[rank - 1] as number);
  const width = widths.reduce((a, b) => a + b, 0);
  const result = backend.makeTensorInfo(rank === 2 ? [rows, width] : [width], 'float32');
  let before = 0;
  const columns = widths.map((own, k) => {
    const at = before;
    before += own;
    return `if (c < ${before}u) { result[i] = x${k}[i / ${width}u * ${own}u + c - ${at}u]; return; }`;
  });
  dispatch(backend, {
    name: 'concat',
    key: `${rows} ${widths.join()}`,
    bindings: [
      ...parts.map((tensor, k) => ({ name: `x${k}`, tensor })),
      { name: 'result', tensor: result, access: 'write' },
    ],
    ...eachElement(rows * width, () => `let c = i % ${width}u; ${columns.join('\n')}`),
  });
  return result;
};

/** Some columns of a matrix. */
function columns(backend: WebGPUBackend, x: TensorInfo, from: number, width: number): TensorInfo {
  const [rows, all] = x.shape as [number, number];
  const result = backend.makeTensorInfo([rows, width], 'float32');
  dispatch(backend, {
    name: 'columns',
    key: [rows, all, from, width].join(),
    bindings: [
      { name: 'x', tensor: x },
      { name: 'result', tensor: result, access: 'write' },
    ],
    ...eachElement(rows * width, () => `result[i] = x[i / ${width}u * ${all}u + ${from}u + i % ${width}u];`),
  });
  return result;
}

/** A matrix taken apart into columns of the widths given. */
const split: OwnKernel = (backend, { x }, { numOrSizeSplits: widths, axis }) => {
  const info = x as TensorInfo;
  if (info.shape.length !== 2 || axis !== 1 || !isFloat(info) || !Array.isArray(widths)) return null;
  const own = widths as number[];
  if (own.some((width) => width <= 0)) return null;
  let before = 0;
  return own.map((width) => {
    const from = before;
    before += width;
    return columns(backend, info, from, width);
  });
};

/** Rows of a matrix. */
const gather: OwnKernel = (backend, inputs, { axis, batchDims }) => {
  const { x, indices } = inputs as Record<'x' | 'indices', TensorInfo>;
  if (!isFloat(x) || x.shape.length !== 2 || axis !== 0 || (batchDims ?? 0) !== 0) return null;
  if (indices.dtype !== 'int32' || indices.shape.length !== 1) return null;
  const width = x.shape[1] as number;
  const count = indices.shape[0] as number;
  if (count === 0) return null;
  const result = backend.makeTensorInfo([count, width], 'float32');
  const drawn = drawnAs(indices);
  const row = drawn ? `drawn(i / ${width}u)` : `u32(indices[i / ${width}u])`;
  dispatch(backend, {
    name: 'rows',
    key: `${count} ${width} ${drawn?.key ?? ''}`,
    bindings: [
      { name: 'x', tensor: x },
      drawn?.binding ?? { name: 'indices', tensor: indices, type: 'i32' },
      { name: 'result', tensor: result, access: 'write' },
    ],
    ...eachElement(count * width, () => `result[i] = x[${row} * ${width}u + i % ${width}u];`, drawn ?? {}),
  });
  return result;
};

/** Each row of a matrix several times, one after the other: [n, 1, w] to [n, k, w]. */
const tile: OwnKernel = (backend, { x }, { reps }) => {
  const info = x as TensorInfo;
  const times = reps as number[];
  const [n, one, width] = info.shape as [number, number, number];
  if (!isFloat(info) || info.shape.length !== 3 || one !== 1 || times[0] !== 1 || times[2] !== 1) return null;
  const count = times[1] as number;
  const result = backend.makeTensorInfo([n, count, width], 'float32');
  dispatch(backend, {
    name: 'repeated',
    key: `${n} ${count} ${width}`,
    bindings: [
      { name: 'x', tensor: info },
      { name: 'result', tensor: result, access: 'write' },
    ],
    ...eachElement(n * count * width, () => `result[i] = x[i / ${count * width}u * ${width}u + i % ${width}u];`),
  });
  return result;
};

/** Most numbers that a thread compares one after the other. */
const FEW = 64;

/** The largest of each row of a matrix, as a column. */
const max: OwnKernel = (backend, inputs, { reductionIndices, keepDims }) => {
  const x = inputs['x'] as TensorInfo;
  const [rows, width] = x.shape as [number, number];
  const axes = [reductionIndices].flat();
  if (!isFloat(x) || x.shape.length !== 2 || axes.length !== 1 || width > FEW) return null;
  if (axes[0] !== 1 && axes[0] !== -1) return null;
  const result = backend.makeTensorInfo(keepDims === true ? [rows, 1] : [rows], 'float32');
  dispatch(backend, {
    name: 'largest',
    key: `${rows} ${width}`,
    bindings: [
      { name: 'x', tensor: x },
      { name: 'result', tensor: result, access: 'write' },
    ],
    ...eachElement(
      rows,
      () => `var largest = x[i * ${width}u];
        for (var k = 1u; k < ${width}u; k++) {
          let value = x[i * ${width}u + k];
          // A shader may take it that there is no NaN, but for its bits.
          let isNumber = (bitcast<u32>(value) & 0x7fffffffu) <= 0x7f800000u;
          if (!isNumber || value > largest) { largest = value; }
        }
        result[i] = largest;`,
    ),
  });
  return result;
};

const OWN: Readonly<Record<string, OwnKernel>> = {
  Add: add,
  Mean: mean,
  Concat: concat,
  SplitV: split,
  GatherV2: gather,
  Max: max,
  Tile: tile,
};

let registered = false;

/** Puts ours in front of tfjs' kernels; these must be registered already. */
export function registerOwnKernels(): void {
  if (registered) return;
  registered = true;
  for (const [kernelName, own] of Object.entries(OWN)) {
    const theirs = getKernel(kernelName, 'webgpu').kernelFunc;
    const kernelFunc: KernelFunc = (given) => {
      const inputs = given.inputs as unknown as Inputs;
      return own(given.backend as WebGPUBackend, inputs, given.attrs ?? {}) ?? theirs(given);
    };
    unregisterKernel(kernelName, 'webgpu');
    registerKernel({ kernelName, backendName: 'webgpu', kernelFunc });
  }
}

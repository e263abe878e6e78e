/**
 * Some of tfjs' kernels as dispatches of ours, for the cases that occur in a gradient step: a recording can fuse those,
 * but not tfjs' own. All other cases are left to tfjs.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { isFloat, overrideKernels, sizeOf, type KernelOverride } from '../kernel-overrides.ts';
import { dispatch, internalsOf } from './dispatch.ts';
import { recomputableDraw } from './philox.ts';
import { ELEMENTWISE, type Inputs, type WebgpuOverride } from './elementwise.ts';
import { eachElement, workgroupSum } from './threads.ts';

/** Most numbers that one workgroup sums. */
const MAX_SUMMED = 65536;

/** The mean of all elements. */
const mean: WebgpuOverride = (backend, { x }, { axis, keepDims }) => {
  const info = x as TensorInfo;
  const axes = new Set([axis ?? []].flat());
  const count = sizeOf(info.shape);
  if (!isFloat(info) || count > MAX_SUMMED || keepDims === true) return null;
  if (axes.size > 0 && axes.size < info.shape.length) return null;
  const result = backend.makeTensorInfo([], 'float32');
  dispatch(backend, {
    name: 'mean',
    key: `${count}`,
    bindings: [
      { name: 'x', tensor: info },
      { name: 'result', tensor: result, access: 'write' },
    ],
    ...workgroupSum(
      'f32',
      (threads) => `for (var i = t; i < ${count}u; i += ${threads}u) { sum += x[i]; }`,
      `result[0] = total / ${count}.0;`,
    ),
  });
  return result;
};

/** Vectors, or matrices along their columns. */
const concat: WebgpuOverride = (backend, inputs, { axis }) => {
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

/** Rows of a matrix. */
const gather: WebgpuOverride = (backend, inputs, { axis, batchDims }) => {
  const { x, indices } = inputs as Record<'x' | 'indices', TensorInfo>;
  if (!isFloat(x) || x.shape.length !== 2 || axis !== 0 || (batchDims ?? 0) !== 0) return null;
  if (indices.dtype !== 'int32' || indices.shape.length !== 1) return null;
  const width = x.shape[1] as number;
  const count = indices.shape[0] as number;
  if (count === 0) return null;
  const result = backend.makeTensorInfo([count, width], 'float32');
  const drawn = recomputableDraw(indices);
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

const OVERRIDES: Readonly<Record<string, WebgpuOverride>> = {
  ...ELEMENTWISE,
  Mean: mean,
  Concat: concat,
  GatherV2: gather,
};

function asKernelOverride(override: WebgpuOverride): KernelOverride {
  return ({ inputs, attrs, backend }) => override(backend as WebGPUBackend, inputs as unknown as Inputs, attrs ?? {});
}

/** Overrides tfjs' kernels, which must be registered already. */
export function registerWebgpuOverrides(): void {
  overrideKernels(
    'webgpu',
    Object.fromEntries(Object.entries(OVERRIDES).map(([name, each]) => [name, asKernelOverride(each)])),
  );
}

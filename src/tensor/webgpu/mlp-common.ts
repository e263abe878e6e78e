/** What the kernels over the rows of a batch share. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Binding } from './dispatch.ts';
import type { RowBuffer, RowNetwork } from './rows.ts';

/** Rows of the batch one after the other; the kernel declares `row0`, the workgroup's first, and `count`. */
export const BATCH_ROWS: RowBuffer = {
  count: 'count',
  row: (r) => `(row0 + ${r})`,
  valid: (r) => `row0 + ${r} < count`,
};

/** What a workgroup touches of a tensor of `count` rows (or of what is kept of them): its own rows. */
export function rowTileOf({ tiling }: RowNetwork, count: number): string {
  return `${tiling.rows} of ${count} rows`;
}

/** What the WGSL of rows.ts depends on. */
export function networkKey({ spec, tiling }: RowNetwork): string {
  return `${spec.sizes.join()} ${spec.activation} ${Object.values(tiling).join()}`;
}

/** The flat parameters, as numbers and in groups of four. */
export function parameterBindings(params: TensorInfo): Binding[] {
  return [
    { name: 'P', tensor: params },
    { name: 'P4', tensor: params, type: 'vec4<f32>' },
  ];
}

/** The head of a kernel, up to the declaration of the thread's number. */
export const MAIN = (threads: number) => `@compute @workgroup_size(${threads})
  fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_id) local : vec3<u32>) {
    let t = local.x;`;

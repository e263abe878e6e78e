/** What the kernels over the rows of a batch share. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Binding } from './dispatch.ts';
import type { RowBuffer, RowNetwork } from './rows.ts';

/** Rows in the order of the batch; the kernel declares `row0`, the workgroup's first, and `count`. */
export const BATCH_ROWS: RowBuffer = {
  count: 'count',
  row: (r) => `(row0 + ${r})`,
  valid: (r) => `row0 + ${r} < count`,
};

/** The row tile of a tensor with `count` rows, or of what is kept of them. */
export function rowTileOf({ tiling }: RowNetwork, count: number): string {
  return `${tiling.rows} of ${count} rows`;
}

/** Everything that the WGSL of rows.ts depends on. */
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

/** The beginning of `main`, with the declaration of the thread's number. */
export const MAIN = (threads: number) => `@compute @workgroup_size(${threads})
  fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_id) local : vec3<u32>) {
    let t = local.x;`;

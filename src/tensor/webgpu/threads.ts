/**
 * The WGSL of elementwise work and of sums. Both use workgroups of `THREADS` threads, so that a recording can fuse them
 * into one dispatch.
 */
import type { Dispatch } from './dispatch.ts';

/** Threads of a workgroup: the largest number that every device allows. */
export const THREADS = 256;

/** Sums `sum` over the threads of a workgroup, of which this is `own`, into `sums[0]`. Thread 0 may read it at once. */
const TREE_SUM = `sums[own] = sum;
  for (var half = ${THREADS / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (own < half) { sums[own] += sums[own + half]; }
  }`;

/**
 * Runs a thread for each `i` under `count`.
 * @param body and @param functions WGSL; the functions are declared before `main`
 * @param add for a sum that the body may read as `total`: WGSL that adds to `sum` the terms of thread `own` of a
 *   workgroup. Each workgroup computes the whole sum.
 */
export function eachElement(
  count: number,
  body: () => string,
  { functions = '', add = null }: { functions?: string; add?: (() => string) | null } = {},
): Pick<Dispatch, 'workgroups' | 'wgsl'> {
  const known = () => `let own = id.x % ${THREADS}u;
    var sum = 0.0;
    ${add?.()}
    ${TREE_SUM}
    workgroupBarrier();
    let total = sums[0];`;
  return {
    workgroups: [Math.ceil(count / THREADS), 1],
    wgsl: () => `${functions}
      ${add ? `var<workgroup> sums : array<f32, ${THREADS}>;` : ''}
      @compute @workgroup_size(${THREADS})
      fn main(@builtin(global_invocation_id) id : vec3<u32>) {
        let i = id.x;
        ${add ? known() : ''}
        if (i >= ${count}u) { return; }
        ${body()}
      }`,
  };
}

/**
 * Sums numbers or vectors within each of `workgroups` workgroups.
 * @param type of the sum
 * @param add WGSL that adds to `sum` the terms of thread `t` of `threads`, counted over all workgroups
 * @param finish WGSL that one thread of each workgroup runs, with the sum of the workgroup `group.x` in `total`
 */
export function workgroupSum(
  type: string,
  add: (threads: number) => string,
  finish: string,
  workgroups = 1,
): Pick<Dispatch, 'workgroups' | 'wgsl'> {
  return {
    workgroups: [workgroups, 1],
    wgsl: () => `var<workgroup> sums : array<${type}, ${THREADS}>;
      @compute @workgroup_size(${THREADS})
      fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_id) local : vec3<u32>) {
        let own = local.x;
        let t = group.x * ${THREADS}u + own;
        var sum = ${type}(0.0);
        ${add(workgroups * THREADS)}
        ${TREE_SUM}
        if (own == 0u) {
          let total = sums[0];
          ${finish}
        }
      }`,
  };
}

/**
 * The two ways to cut work that needs no rows: a thread for each element, and one workgroup that sums. Both have as many
 * threads a workgroup, so that a recording can put them into one dispatch.
 */
import type { Dispatch } from './dispatch.ts';

/** Threads of a workgroup: as many as every device allows. */
export const THREADS = 256;

/** The sum of what the threads of a workgroup have in `sum`, thread `own` of them: in `sums[0]`, for the first of them. */
const TREE_SUM = `sums[own] = sum;
  for (var half = ${THREADS / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (own < half) { sums[own] += sums[own + half]; }
  }`;

/**
 * A thread for each `i` under `count`.
 * @param body and @param functions WGSL; the functions stand before it
 * @param add for a sum that all threads know, in `total`: WGSL that adds to `sum` what this thread, `own` of as many as a
 *   workgroup has, has its share of. Each workgroup sums for itself.
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
 * Sums of numbers, or of vectors, in one workgroup; or one of each of several workgroups.
 * @param type of the sum
 * @param add WGSL that adds to `sum` what this thread, `t` of `threads`, has its share of
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

/**
 * The two ways to cut work that needs no rows: a thread for each element, and one workgroup that sums. Both have as many
 * threads a workgroup, so that a recording can put them into one dispatch.
 */
import type { Dispatch } from './dispatch.ts';

/** Threads of a workgroup: as many as every device allows. */
export const THREADS = 256;

/**
 * A thread for each `i` under `count`.
 * @param body and @param functions WGSL; the functions stand before it
 */
export function eachElement(
  count: number,
  body: () => string,
  { functions = '' }: { functions?: string } = {},
): Pick<Dispatch, 'workgroups' | 'wgsl'> {
  return {
    workgroups: [Math.ceil(count / THREADS), 1],
    wgsl: () => `${functions}
      @compute @workgroup_size(${THREADS})
      fn main(@builtin(global_invocation_id) id : vec3<u32>) {
        let i = id.x;
        if (i >= ${count}u) { return; }
        ${body()}
      }`,
  };
}

/**
 * Sums of numbers, or of vectors, in one workgroup.
 * @param type of the sum
 * @param add WGSL that adds to `sum` what this thread, `t` of `threads`, has its share of
 * @param finish WGSL that one thread runs, with the whole sum in `total`
 */
export function sumInOne(
  type: string,
  add: (threads: number) => string,
  finish: string,
): Pick<Dispatch, 'workgroups' | 'wgsl'> {
  const threads = THREADS;
  return {
    workgroups: [1, 1],
    wgsl: () => `var<workgroup> sums : array<${type}, ${threads}>;
      @compute @workgroup_size(${threads})
      fn main(@builtin(local_invocation_id) local : vec3<u32>) {
        let t = local.x;
        var sum = ${type}(0.0);
        ${add(threads)}
        sums[t] = sum;
        for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
          workgroupBarrier();
          if (t < half) { sums[t] += sums[t + half]; }
        }
        if (t == 0u) {
          let total = sums[0];
          ${finish}
        }
      }`,
  };
}

/** θ ← (1 − rate) θ + rate θ_source over flat buffers, in place: Polyak averaging, moving averages, copies. */
import { engine, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { defineKernel } from '../define-kernel.ts';
import { givenNumbers, type Varying } from '../varying.ts';
import { dispatch } from '../webgpu/dispatch.ts';

const WORKGROUP = 64;

interface LerpAttributes {
  /** On WebGPU its place among the given numbers. */
  rate: number;
}

const lerpKernel = defineKernel<LerpAttributes>({
  name: 'LerpInPlace',
  inPlace: 'target',
  outputShapes: () => [],
  portable: ({ target, source }, _outputs, { rate }) => {
    const to = target as Float32Array;
    const from = source as Float32Array;
    if (rate === 1) to.set(from);
    else for (let i = 0; i < to.length; i++) to[i] = rate * (from[i] as number) + (1 - rate) * (to[i] as number);
  },
  webgpu: (backend, inputs, { rate }) => {
    const { target, source, given } = inputs as Record<'target' | 'source' | 'given', (typeof inputs)[string]>;
    const count = target.shape[0] as number;
    dispatch(backend, {
      name: 'lerp',
      key: `${count} ${rate}`,
      bindings: [
        { name: 'moved', tensor: target, access: 'write' },
        { name: 'source', tensor: source },
        { name: 'given', tensor: given },
      ],
      workgroups: [Math.ceil(count / WORKGROUP), 1],
      // A copy must not carry a NaN over from what it overwrites, and standing still none from the source.
      wgsl: () => `@compute @workgroup_size(${WORKGROUP})
        fn main(@builtin(global_invocation_id) id : vec3<u32>) {
          let rate = given[${rate}];
          if (id.x >= ${count}u || rate == 0.0) { return; }
          if (rate == 1.0) { moved[id.x] = source[id.x]; }
          else { moved[id.x] = rate * source[id.x] + (1.0 - rate) * moved[id.x]; }
        }`,
    });
    return [];
  },
});

/**
 * Moves `target` by a rate from 0 (not at all) to 1 (a copy).
 * @throws Error if the sizes differ.
 */
export function lerpInPlace(target: Variable, source: Tensor, rate: Varying): void {
  if (target.size !== source.size) throw new Error(`Cannot move ${target.size} values towards ${source.size}.`);
  const given = givenNumbers({ rate });
  const standsStill = engine().backendName !== 'webgpu' && given.numbers.rate === 0;
  if (!standsStill) {
    const [alias] = lerpKernel({ target, source, ...given.inputs }, given.numbers);
    alias?.dispose();
  }
  given.dispose();
}

/** θ ← (1 − rate) θ + rate θ_source over flat buffers, in place: Polyak averaging, moving averages, copies. */
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { defineKernel } from '../define-kernel.ts';
import { float, runProgram } from '../webgpu-program.ts';

const WORKGROUP = 64;

const lerpKernel = defineKernel<{ rate: number }>({
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
    const target = inputs['target'] as (typeof inputs)[string];
    runProgram(backend, {
      key: 'lerp',
      inputs: { Source: inputs['source'] as (typeof inputs)[string] },
      uniforms: { rate: float(rate), rest: float(1 - rate) },
      output: target,
      workgroupSize: [WORKGROUP, 1, 1],
      workgroups: [Math.ceil((target.shape[0] as number) / WORKGROUP), 1],
      wgsl: `fn main(index : i32) {
        if (index >= uniforms.outShape) { return; }
        // A copy must not carry a NaN over from what it overwrites.
        if (uniforms.rest == 0.0) { result[index] = Source[index]; }
        else { result[index] = uniforms.rate * Source[index] + uniforms.rest * result[index]; }
      }`,
    });
    return [];
  },
});

/** @throws Error if the sizes differ. */
export function lerpInPlace(target: Variable, source: Tensor, rate: number): void {
  if (target.size !== source.size) throw new Error(`Cannot move ${target.size} values towards ${source.size}.`);
  const [alias] = lerpKernel({ target, source }, { rate });
  alias?.dispose();
}

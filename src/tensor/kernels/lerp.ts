/** θ ← (1 − rate) θ + rate θ_source over flat buffers, in place: Polyak averaging, moving averages, copies. */
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { defineKernel } from '../define-kernel.ts';
import { stepInputs, type StepInput } from '../step-input.ts';
import { dispatch } from '../webgpu/dispatch.ts';
import { eachElement } from '../webgpu/threads.ts';

interface LerpAttributes {
  /** On WebGPU its index among the step inputs. */
  rate: number;
}

const lerpKernel = defineKernel<LerpAttributes>({
  name: 'LerpInPlace',
  inPlace: 'target',
  outputShapes: () => [],
  portable: ({ target, source }, _outputs, { rate }) => {
    const to = target as Float32Array;
    const from = source as Float32Array;
    if (rate === 0) return;
    if (rate === 1) to.set(from);
    else for (let i = 0; i < to.length; i++) to[i] = rate * (from[i] as number) + (1 - rate) * (to[i] as number);
  },
  simd: ({ kernels }, { target, source }, _outputs, { rate }, shapes) => {
    // A copy (rate 1) must not propagate a NaN of the target; rate 0 none of the source.
    if (rate === 0) return;
    if (rate === 1) kernels.scale(source as number, 1, target as number, shapes['target']?.[0] as number);
    else kernels.lerp(target as number, source as number, rate, 1 - rate, shapes['target']?.[0] as number);
  },
  webgpu: (backend, inputs, { rate }) => {
    const { target, source, given } = inputs as Record<'target' | 'source' | 'given', (typeof inputs)[string]>;
    const count = target.shape[0] as number;
    dispatch(backend, {
      name: 'lerp',
      key: `${count} ${rate}`,
      bindings: [
        { name: 'given', tensor: given },
        { name: 'moved', tensor: target, access: 'write', perInvocation: true },
        { name: 'source', tensor: source, perInvocation: true },
      ],
      // A copy (rate 1) must not propagate a NaN of the target; rate 0 none of the source.
      ...eachElement(
        count,
        () => `let rate = given[${rate}];
          if (rate == 0.0) { return; }
          if (rate == 1.0) { moved[i] = source[i]; }
          else { moved[i] = rate * source[i] + (1.0 - rate) * moved[i]; }`,
      ),
    });
    return [];
  },
});

/**
 * Moves `target` by a rate from 0 (not at all) to 1 (a copy).
 * @throws Error if the sizes differ.
 */
export function lerpInPlace(target: Variable, source: Tensor, rate: StepInput): void {
  if (target.size !== source.size) throw new Error(`Cannot move ${target.size} values towards ${source.size}.`);
  const given = stepInputs({ rate });
  const [alias] = lerpKernel({ target, source, ...given.inputs }, given.numbers, given.perStep);
  alias?.dispose();
  given.dispose();
}

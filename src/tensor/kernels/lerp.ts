/** θ ← (1 − rate) θ + rate θ_source over flat buffers, in place: Polyak averaging, moving averages, copies. */
import type { Tensor, TensorInfo, Variable } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { defineKernel } from '../define-kernel.ts';
import { runningGpu } from '../engine.ts';
import { givenNumbers, varyingTensor, type Varying } from '../varying.ts';
import { dispatch } from '../webgpu/dispatch.ts';
import { eachElement } from '../webgpu/threads.ts';

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
    if (rate === 0) return;
    if (rate === 1) to.set(from);
    else for (let i = 0; i < to.length; i++) to[i] = rate * (from[i] as number) + (1 - rate) * (to[i] as number);
  },
  simd: ({ kernels }, { target, source }, _outputs, { rate }, shapes) => {
    // At a rate of 1 a copy, which must not carry a NaN over from what it overwrites; at one of 0 nothing.
    if (rate === 0) return;
    if (rate === 1) kernels.scale(source as number, 1, target as number, shapes['target']?.[0] as number);
    else kernels.lerp(target as number, source as number, rate, 1 - rate, shapes['target']?.[0] as number);
  },
  webgpu: (backend, inputs, { rate }) => {
    const { target, source, given } = inputs as Record<'target' | 'source' | 'given', (typeof inputs)[string]>;
    onGpu(backend, [{ target, source }], given, rate);
    return [];
  },
});

/** Variables that are moved in one dispatch: as many as eight buffers hold. */
const PAIRS = 3;

interface Pair<T> {
  target: T;
  source: T;
}

function onGpu(backend: WebGPUBackend, pairs: readonly Pair<TensorInfo>[], given: TensorInfo, rate: number): void {
  const counts = pairs.map(({ target }) => target.shape[0] as number);
  dispatch(backend, {
    name: 'lerp',
    key: `${counts.join()} ${rate}`,
    bindings: [
      { name: 'given', tensor: given },
      ...pairs.flatMap(({ target, source }, i) => [
        { name: `moved${i}`, tensor: target, access: 'write' } as const,
        { name: `source${i}`, tensor: source },
      ]),
    ],
    // A copy must not carry a NaN over from what it overwrites, and standing still none from the source.
    ...eachElement(
      Math.max(...counts),
      () => `let rate = given[${rate}];
        if (rate == 0.0) { return; }
        ${counts
          .map(
            (count, k) => `if (i < ${count}u) {
          if (rate == 1.0) { moved${k}[i] = source${k}[i]; }
          else { moved${k}[i] = rate * source${k}[i] + (1.0 - rate) * moved${k}[i]; }
        }`,
          )
          .join('\n')}`,
    ),
  });
}

/**
 * Moves `target` by a rate from 0 (not at all) to 1 (a copy).
 * @throws Error if the sizes differ.
 */
export function lerpInPlace(target: Variable, source: Tensor, rate: Varying): void {
  if (target.size !== source.size) throw new Error(`Cannot move ${target.size} values towards ${source.size}.`);
  const given = givenNumbers({ rate });
  const [alias] = lerpKernel({ target, source, ...given.inputs }, given.numbers, given.varying);
  alias?.dispose();
  given.dispose();
}

/** The same for several variables at once. */
export function lerpAllInPlace(pairs: readonly Pair<Variable>[], rate: Varying): void {
  const backend = runningGpu();
  if (!backend) {
    for (const { target, source } of pairs) lerpInPlace(target, source, rate);
    return;
  }
  const given = varyingTensor([rate]);
  for (let first = 0; first < pairs.length; first += PAIRS) {
    const some = pairs.slice(first, first + PAIRS);
    onGpu(backend, some, given.tensor, given.indices[0] as number);
  }
  given.dispose();
}

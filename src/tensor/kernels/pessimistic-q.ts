/** A pessimistic estimate of an ensemble's Q, with its gradient: math/pessimism.ts on tensors. */
import { concat, mul, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Pessimism } from '../../math/pessimism.ts';
import { defineKernel } from '../define-kernel.ts';
import { dispatch } from '../webgpu/dispatch.ts';
import { eachElement } from '../webgpu/threads.ts';
import { withGradient } from '../with-gradient.ts';

type Attributes = { kind: Pessimism['kind']; beta: number };

/** Smaller standard deviations, of members that agree, have no gradient. */
const SMALLEST_DEVIATION = 1e-12;

/** [estimate [B, 1], its slope in each member [B, N]] */
const kernel = defineKernel<Attributes>({
  name: 'PessimisticQ',
  outputShapes: ({ q }) => {
    const [rows, members] = q as [number, number];
    return [
      [rows, 1],
      [rows, members],
    ];
  },
  portable: (inputs, [estimate, slopes], { kind, beta }, shapes) => {
    const q = inputs['q'] as Float32Array;
    const [rows, members] = shapes['q'] as [number, number];
    for (let row = 0; row < rows; row++) {
      const own = q.subarray(row * members, (row + 1) * members);
      const to = slopes!.subarray(row * members, (row + 1) * members);
      if (kind === 'min') {
        let lowest = 0;
        for (let i = 1; i < members; i++) if (!(own[i]! >= own[lowest]!)) lowest = i;
        estimate![row] = own[lowest]!;
        to.fill(0);
        to[lowest] = 1;
        continue;
      }
      let mean = 0;
      for (const value of own) mean += value / members;
      let variance = 0;
      for (const value of own) variance += (value - mean) ** 2 / members;
      const deviation = Math.sqrt(variance);
      estimate![row] = mean - beta * deviation;
      const pull = deviation > SMALLEST_DEVIATION ? beta / deviation : 0;
      for (let i = 0; i < members; i++) to[i] = (1 - pull * (own[i]! - mean)) / members;
    }
  },
  webgpu: (backend, inputs, { kind, beta }) => {
    const { q } = inputs as Record<'q', (typeof inputs)[string]>;
    const [rows, members] = q.shape as [number, number];
    const estimate = backend.makeTensorInfo([rows, 1], 'float32');
    const slopes = backend.makeTensorInfo([rows, members], 'float32');
    const each = (body: string) => `for (var k = 0u; k < ${members}u; k++) { ${body} }`;
    const lowest = `var lowest = 0u;
      ${each('if (!(q[at + k] >= q[at + lowest])) { lowest = k; }')}
      estimate[i] = q[at + lowest];
      ${each('slopes[at + k] = select(0.0, 1.0, k == lowest);')}`;
    const bound = `var mean = 0.0;
      ${each(`mean += q[at + k] / ${members}.0;`)}
      var variance = 0.0;
      ${each(`variance += (q[at + k] - mean) * (q[at + k] - mean) / ${members}.0;`)}
      let deviation = sqrt(variance);
      estimate[i] = mean - f32(${beta}) * deviation;
      let pull = select(0.0, f32(${beta}) / deviation, deviation > ${SMALLEST_DEVIATION});
      ${each(`slopes[at + k] = (1.0 - pull * (q[at + k] - mean)) / ${members}.0;`)}`;
    dispatch(backend, {
      name: 'pessimisticQ',
      key: `${rows} ${members} ${kind} ${beta}`,
      bindings: [
        { name: 'q', tensor: q },
        { name: 'estimate', tensor: estimate, access: 'write' },
        { name: 'slopes', tensor: slopes, access: 'write' },
      ],
      ...eachElement(rows, () => `let at = i * ${members}u; ${kind === 'min' ? lowest : bound}`),
    });
    return [estimate, slopes];
  },
});

/** The estimate [B, 1] of the members' Q, each [B, 1]; differentiable in each. */
export function pessimisticQ(members: readonly Tensor2D[], pessimism: Pessimism): Tensor2D {
  const beta = pessimism.kind === 'lcb' ? pessimism.beta : 0;
  const q: Tensor2D = concat([...members], 1);
  return withGradient(
    { q },
    () => {
      const [estimate, slopes] = kernel({ q }, { kind: pessimism.kind, beta });
      return { result: estimate!, saved: { slopes: slopes! } };
    },
    (dy, { slopes }) => ({ q: () => mul(dy, slopes) }),
  ) as Tensor2D;
}

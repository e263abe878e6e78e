/** The Q term on WebGPU: which head is climbed is decided there, by a coin that varies from step to step. */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { wrap } from '../engine.ts';
import { varyingTensor, type Varying } from '../varying.ts';
import { dispatch } from '../webgpu/dispatch.ts';
import { eachElement, sumInOne } from '../webgpu/threads.ts';
import { withGradient } from '../with-gradient.ts';

/** Keeps the scale finite where Q is 0 everywhere; far below any Q that is learned. */
export const SMALLEST_SCALE = 1e-8;

/**
 * −mean Q_j / mean |Q_k| (the denominator held constant), and mean Q_j, for Q of both heads [B, 1]: j is head 1 where
 * the coin is above 0.5, k the other. With weights [B, 1] the means are weighted. The loss is differentiable
 * in Q and in the weights.
 */
export function chosenQ(
  backend: WebGPUBackend,
  q1: Tensor2D,
  q2: Tensor2D,
  coin: Varying,
  normalize: boolean,
  weights?: Tensor2D,
): { loss: Scalar; meanQ: Scalar } {
  const count = q1.shape[0];
  const weight = weights ? 'w[i]' : '1.0';
  const weightBinding = weights ? [{ name: 'w', tensor: weights }] : [];
  const key = `${count} ${normalize} ${weights !== undefined}`;
  const meanQ = backend.makeTensorInfo([], 'float32');
  const loss = withGradient(
    { q1, q2, ...(weights ? { weights } : {}) },
    () => {
      const result = backend.makeTensorInfo([], 'float32');
      // What a row's gradient is, before its weight: of head 1 and of head 2; and the mean Q.
      const factors = backend.makeTensorInfo([3], 'float32');
      const given = varyingTensor([coin]);
      dispatch(backend, {
        name: 'chosenQ',
        key: `${key} ${given.indices[0]}`,
        bindings: [
          { name: 'result', tensor: result, access: 'write' },
          { name: 'meanQ', tensor: meanQ, access: 'write' },
          { name: 'factors', tensor: factors, access: 'write' },
          { name: 'given', tensor: given.tensor },
          { name: 'q1', tensor: q1 },
          { name: 'q2', tensor: q2 },
          ...weightBinding,
        ],
        // x, y: Σ w Q of the climbed head, Σ w |Q| of the other; z: Σ w.
        ...sumInOne(
          'vec3<f32>',
          (threads) => `let first = given[${given.indices[0]}] > 0.5;
            for (var i = t; i < ${count}u; i += ${threads}u) {
              let weight = ${weight};
              sum += weight * vec3<f32>(select(q2[i], q1[i], first), abs(select(q1[i], q2[i], first)), 1.0);
            }`,
          `let scale = ${normalize ? `max(total.y / total.z, ${SMALLEST_SCALE})` : '1.0'};
          meanQ[0] = total.x / total.z;
          result[0] = -(total.x / total.z) / scale;
          let factor = -1.0 / (total.z * scale);
          factors[0] = select(0.0, factor, first);
          factors[1] = select(factor, 0.0, first);
          factors[2] = total.x / total.z;`,
        ),
      });
      given.dispose();
      return { result: wrap(result), saved: { factors: wrap(factors), q1, q2, weights: weights ?? null } };
    },
    (dy, { factors, q1, q2, weights }) => {
      const gradient = () => wrap(backend.makeTensorInfo([count, 1], 'float32'));
      const [d1, d2] = [gradient(), gradient()];
      const dWeights = weights ? gradient() : null;
      dispatch(backend, {
        name: 'chosenQGradient',
        key,
        bindings: [
          { name: 'd1', tensor: d1, access: 'write' },
          { name: 'd2', tensor: d2, access: 'write' },
          { name: 'dy', tensor: dy },
          { name: 'factors', tensor: factors },
          ...(weights && dWeights
            ? [
                { name: 'w', tensor: weights },
                { name: 'dWeights', tensor: dWeights, access: 'write' as const },
                { name: 'q1', tensor: q1 },
                { name: 'q2', tensor: q2 },
              ]
            : []),
        ],
        ...eachElement(
          count,
          () => `let upper = dy[0] * ${weight};
            d1[i] = upper * factors[0];
            d2[i] = upper * factors[1];
            ${dWeights ? 'dWeights[i] = dy[0] * (factors[0] * (q1[i] - factors[2]) + factors[1] * (q2[i] - factors[2]));' : ''}`,
        ),
      });
      return { q1: () => d1, q2: () => d2, ...(dWeights ? { weights: () => dWeights } : {}) };
    },
  ) as Scalar;
  return { loss, meanQ: wrap(meanQ) as Scalar };
}

/** The actor's Q loss on WebGPU. A step input, the coin, selects the critic on the GPU. */
import type { Scalar, Tensor, Tensor2D, TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { wrap } from '../engine.ts';
import { stepInputTensor, type StepInput } from '../step-input.ts';
import { dispatch, type Binding } from '../webgpu/dispatch.ts';
import { regressionBackward, regressionForward, concatInputs, type Upstream } from '../webgpu/regression.ts';
import { MAIN, rowTileOf } from '../webgpu/mlp-common.ts';
import { rowNetwork, type RowNetwork } from '../webgpu/rows.ts';
import { eachElement, workgroupSum } from '../webgpu/threads.ts';
import { withGradient } from '../with-gradient.ts';
import type { MlpSpec } from '../mlp-layout.ts';
import { SMALLEST_SCALE } from '../wasm/actor-q-loss.ts';

/** Q of both critics, and the rows' weights, as WGSL expressions. */
interface TwinQ {
  /** Everything that the WGSL below depends on. */
  key: string;
  bindings: Binding[];
  /** WGSL of row `i`. */
  q1: string;
  q2: string;
  weight: string;
}

/**
 * The loss −mean Q_j / mean |Q_k|, and three factors: the gradient of a row's Q, before its weight, for critics 1 and 2, and
 * the mean Q. Also writes the mean Q to `meanQ`.
 */
function reduceLoss(
  backend: WebGPUBackend,
  { key, bindings, q1, q2, weight }: TwinQ,
  meanQ: TensorInfo,
  count: number,
  coin: StepInput,
  normalize: boolean,
): Record<'result' | 'factors', TensorInfo> {
  const result = backend.makeTensorInfo([], 'float32');
  const factors = backend.makeTensorInfo([3], 'float32');
  const given = stepInputTensor([coin]);
  dispatch(backend, {
    name: 'selectedQLoss',
    key: `${count} ${normalize} ${given.indices[0]} ${key}`,
    bindings: [
      { name: 'result', tensor: result, access: 'write' },
      { name: 'meanQ', tensor: meanQ, access: 'write' },
      { name: 'factors', tensor: factors, access: 'write' },
      { name: 'given', tensor: given.tensor },
      ...bindings,
    ],
    // x: Σ w Q of the selected critic; y: Σ w |Q| of the other; z: Σ w.
    ...workgroupSum(
      'vec3<f32>',
      (threads) => `let first = given[${given.indices[0]}] > 0.5;
        for (var i = t; i < ${count}u; i += ${threads}u) {
          let weight = ${weight};
          sum += weight * vec3<f32>(select(${q2}, ${q1}, first), abs(select(${q1}, ${q2}, first)), 1.0);
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
  return { result, factors };
}

/**
 * −mean Q_j / mean |Q_k| (the denominator is constant) and mean Q_j, for Q of both critics [B, 1]. The coin selects j: 1 if
 * it is above 0.5, else 2; k is the other. With weights [B, 1] the means are weighted. The loss is differentiable in Q and
 * in the weights.
 */
export function selectedQLoss(
  backend: WebGPUBackend,
  q1: Tensor2D,
  q2: Tensor2D,
  coin: StepInput,
  normalize: boolean,
  weights?: Tensor2D,
): { loss: Scalar; meanQ: Scalar } {
  const count = q1.shape[0];
  const weight = weights ? 'w[i]' : '1.0';
  const twin: TwinQ = {
    key: `${weights !== undefined}`,
    bindings: [
      { name: 'q1', tensor: q1 },
      { name: 'q2', tensor: q2 },
      ...(weights ? [{ name: 'w', tensor: weights }] : []),
    ],
    q1: 'q1[i]',
    q2: 'q2[i]',
    weight,
  };
  const meanQ = backend.makeTensorInfo([], 'float32');
  const loss = withGradient(
    { q1, q2, ...(weights ? { weights } : {}) },
    () => {
      const reduced = reduceLoss(backend, twin, meanQ, count, coin, normalize);
      const saved = { factors: wrap(reduced.factors), q1, q2, weights: weights ?? null };
      return { result: wrap(reduced.result), saved };
    },
    (dy, { factors, q1, q2, weights }) => {
      const gradient = () => wrap(backend.makeTensorInfo([count, 1], 'float32'));
      const [d1, d2] = [gradient(), gradient()];
      const dWeights = weights ? gradient() : null;
      dispatch(backend, {
        name: 'selectedQLossGradient',
        key: `${count} ${weights !== null}`,
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

/**
 * `selectedQLoss` of states [B, S] and actions [B, A] under the flat parameters of both critics, as one operation. The loss
 * is differentiable in the actions.
 */
export function actorQLossWebgpu(
  backend: WebGPUBackend,
  spec: MlpSpec,
  heads: readonly [q1: Tensor, q2: Tensor],
  states: Tensor2D,
  actions: Tensor2D,
  coin: StepInput,
  normalize: boolean,
): { loss: Scalar; meanQ: Scalar } {
  const network = rowNetwork(spec);
  const [count, stateWidth] = states.shape;
  const columns = [stateWidth, stateWidth + actions.shape[1]] as const;
  const meanQ = backend.makeTensorInfo([], 'float32');
  const loss = withGradient(
    { actions },
    () => {
      const source = concatInputs(network, [states, actions], null);
      const kept = heads.map((params) => regressionForward(backend, network, params, source, count));
      const q = `[${network.keptWidth * count}u + i].x`;
      const twin: TwinQ = {
        key: `kept ${network.keptWidth}`,
        bindings: kept.map((tensor, i) => ({ name: `kept${i}`, tensor, type: 'vec4<f32>' })),
        q1: `kept0${q}`,
        q2: `kept1${q}`,
        weight: '1.0',
      };
      const reduced = reduceLoss(backend, twin, meanQ, count, coin, normalize);
      const [q1, q2] = heads;
      const [kept1, kept2] = kept.map(wrap) as [Tensor, Tensor];
      return { result: wrap(reduced.result), saved: { q1, q2, kept1, kept2, factors: wrap(reduced.factors) } };
    },
    (dy, { q1, q2, kept1, kept2, factors }) => ({
      actions: () => {
        // The gradient of each row's own Q. `actionGradient` scales it, since the scale depends on all rows.
        const ofQ: Upstream = { key: 'the output', bindings: [], at: 'vec4<f32>(1.0, 0.0, 0.0, 0.0)' };
        const through = (params: Tensor, kept: Tensor) =>
          regressionBackward(backend, network, params, kept, ofQ, count, columns, false).input as TensorInfo;
        return actionGradient(backend, network, [through(q1, kept1), through(q2, kept2)], factors, dy);
      },
    }),
  ) as Scalar;
  return { loss, meanQ: wrap(meanQ) as Scalar };
}

/** The gradient of the actions [B, A], from those of each critic's Q, which it disposes of. */
function actionGradient(
  backend: WebGPUBackend,
  network: RowNetwork,
  [d1, d2]: readonly [TensorInfo, TensorInfo],
  factors: TensorInfo,
  dy: TensorInfo,
): Tensor {
  const { rows, threads } = network.tiling;
  const [count, width] = d1.shape as [number, number];
  const result = backend.makeTensorInfo([count, width], 'float32');
  const rowTile = rowTileOf(network, count);
  dispatch(backend, {
    name: 'actionGradient',
    key: `${count} ${width} ${rows} ${threads}`,
    bindings: [
      { name: 'd1', tensor: d1, rowTile },
      { name: 'd2', tensor: d2, rowTile },
      { name: 'factors', tensor: factors },
      { name: 'dy', tensor: dy },
      { name: 'result', tensor: result, access: 'write', rowTile },
    ],
    workgroups: [Math.ceil(count / rows), 1],
    wgsl: () => `${MAIN(threads)}
      let first = group.x * ${rows * width}u;
      let end = min(first + ${rows * width}u, ${count * width}u);
      // The factor of the other critic is 0.
      for (var i = first + t; i < end; i += ${threads}u) {
        result[i] = dy[0] * (factors[0] * d1[i] + factors[1] * d2[i]);
      }
    }`,
  });
  for (const { dataId } of [d1, d2]) backend.disposeData(dataId);
  return wrap(result);
}

/**
 * The denoiser's two expensive uses on WebGPU, each one operation: the cloning loss, and the whole reverse chain. Both
 * take the embedded diffusion steps as a table [T, W], so that their MLP is done once.
 */
import {
  concat,
  engine,
  tensor1d,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { isTapeOn, withGradient } from '../define-kernel.ts';
import { dispatch } from '../webgpu/dispatch.ts';
import { MAIN, networkKey, parameterBindings } from '../webgpu/mlp-common.ts';
import { parameterGradient } from '../webgpu/parameter-gradient.ts';
import { meanSquares, regressionBackward, regressionForward } from '../webgpu/regression.ts';
import {
  backward,
  declarations,
  forward,
  inputGradient,
  loadInput,
  rowNetwork,
  type RowBuffer,
} from '../webgpu/rows.ts';
import type { MlpSpec } from './mlp.ts';
import type { ReverseStepCoefficients } from './reverse-step.ts';

/** The denoiser after its time MLP: ε_θ of [a, embedding, s]. */
export interface FusedDenoiser {
  params: Tensor;
  spec: MlpSpec;
  /** [T, W] */
  table: Tensor2D;
}

export interface PlannedReverseStep {
  /** The diffusion step that the denoiser is asked at. */
  at: number;
  coefficients: ReverseStepCoefficients;
}

/** Where a chain starts: from its noise, or where an earlier one has left off, after its first steps. */
export interface ChainStart {
  /** [N, A] */
  start: Tensor2D | null;
  /** Reverse steps that the earlier chain has taken. */
  first: number;
}

const THREADS = 64;

const wrap = (info: TensorInfo) => engine().makeTensorFromTensorInfo(info);
const gpu = () => engine().backend as WebGPUBackend;

/**
 * L_d = mean (ε − ε_θ(a_i, i, s))². Differentiable in the parameters and the table.
 * @param signal and @param noiseScale √ᾱ and √(1−ᾱ) of each diffusion step
 */
export function fusedCloningLoss(
  { params, spec, table }: FusedDenoiser,
  actions: Tensor2D,
  states: Tensor2D,
  steps: Tensor1D,
  noise: Tensor2D,
  signal: ArrayLike<number>,
  noiseScale: ArrayLike<number>,
): Scalar {
  const backend = gpu();
  const network = rowNetwork(spec);
  const [count, width] = actions.shape;
  const [diffusionSteps, timeWidth] = table.shape;
  const stateWidth = states.shape[1];
  const schedule = (name: string, values: ArrayLike<number>) =>
    `const ${name} = array<f32, ${diffusionSteps}>(${Array.from(values, (value) => `f32(${value})`).join(', ')});`;
  return withGradient(
    { params, table },
    (save) => {
      const kept = regressionForward(
        backend,
        network,
        params,
        {
          key: `cloning ${width} ${timeWidth} ${stateWidth} ${Array.from(signal).join()}`,
          bindings: [
            { name: 'embedded', tensor: table },
            { name: 'states', tensor: states },
            { name: 'actions', tensor: actions },
            { name: 'noise', tensor: noise },
            { name: 'steps', tensor: steps, type: 'i32' },
          ],
          functions: () => `${schedule('signal', signal)} ${schedule('noiseScale', noiseScale)}
            fn inputAt(row : u32, c : u32) -> f32 {
              let step = u32(steps[row]);
              if (c < ${width}u) {
                return signal[step] * actions[row * ${width}u + c] + noiseScale[step] * noise[row * ${width}u + c];
              }
              if (c < ${width + timeWidth}u) { return embedded[step * ${timeWidth}u + c - ${width}u]; }
              return states[row * ${stateWidth}u + c - ${width + timeWidth}u];
            }
            fn targetAt(row : u32, c : u32) -> f32 { return noise[row * ${width}u + c]; }`,
        },
        count,
      );
      save([params, wrap(kept), steps]);
      return wrap(meanSquares(backend, network, [kept], count));
    },
    (dy, [savedParams, kept, savedSteps]) => {
      const columns = [width, width + timeWidth] as const;
      const { deltas, input } = regressionBackward(
        backend,
        network,
        savedParams as Tensor,
        kept as Tensor,
        dy,
        count,
        columns,
      );
      const embedded = wrap(input as TensorInfo);
      const keptDeltas = wrap(deltas);
      return {
        params: () => wrap(parameterGradient(backend, network, kept as Tensor, keptDeltas, count)),
        table: () =>
          tableGradient(
            embedded,
            diffusionSteps,
            timeWidth,
            [{ name: 'steps', tensor: savedSteps as Tensor, type: 'i32' }],
            {
              key: `cloning ${count}`,
              sum: `for (var row = 0u; row < ${count}u; row++) {
              if (u32(steps[row]) == step) { sum += rows[row * ${timeWidth}u + column]; }
            }`,
            },
          ),
      };
    },
  ) as Scalar;
}

/** Sums the gradients of embedded rows by diffusion step: [T, W]. */
function tableGradient(
  rows: TensorInfo,
  diffusionSteps: number,
  timeWidth: number,
  bindings: Parameters<typeof dispatch>[1]['bindings'],
  { key, sum }: { key: string; sum: string },
): Tensor {
  const backend = gpu();
  const result = backend.makeTensorInfo([diffusionSteps, timeWidth], 'float32');
  const size = diffusionSteps * timeWidth;
  dispatch(backend, {
    name: 'embeddingGradient',
    key: `${size} ${timeWidth} ${key}`,
    bindings: [{ name: 'rows', tensor: rows }, { name: 'result', tensor: result, access: 'write' }, ...bindings],
    workgroups: [Math.ceil(size / THREADS), 1],
    wgsl: () => `@compute @workgroup_size(${THREADS})
      fn main(@builtin(global_invocation_id) id : vec3<u32>) {
        if (id.x >= ${size}u) { return; }
        let step = id.x / ${timeWidth}u;
        let column = id.x % ${timeWidth}u;
        var sum = 0.0;
        ${sum}
        result[id.x] = sum;
      }`,
  });
  return wrap(result);
}

/** Rows of what a chain keeps: reverse step after reverse step, each the whole batch. The kernel declares `k`. */
const CHAIN_ROWS: RowBuffer = {
  count: 'total',
  row: (r) => `(k * count + row0 + ${r})`,
  valid: (r) => `row0 + ${r} < count`,
};

/** The coefficients of the plan, a row of eight a step: a, b, c0, cx, ce, σ, the diffusion step, whether to clip. */
function planTensor(plan: readonly PlannedReverseStep[]): Tensor1D {
  return tensor1d(
    plan.flatMap(({ at, coefficients: { a, b, c0, cx, ce, sigma, clipResult } }) => [
      ...[a, b, c0, cx, ce, sigma],
      at,
      clipResult ? 1 : 0,
    ]),
  );
}

/**
 * Actions [N, A] by the reverse steps of `plan`, from the noise [T+1, N, A]: its first part is where the chain starts
 * (unless an earlier chain has left off somewhere), and part `first` + k + 1 is the noise of step k. Differentiable in
 * the parameters and the table.
 */
export function fusedReverseChain(
  { params, spec, table }: FusedDenoiser,
  states: Tensor2D,
  noise: Tensor,
  plan: readonly PlannedReverseStep[],
  { start, first }: ChainStart,
): Tensor2D {
  const backend = gpu();
  const network = rowNetwork(spec);
  const { tiling, output, keptWidth } = network;
  const [count, stateWidth] = states.shape;
  const width = spec.sizes.at(-1) as number;
  const [diffusionSteps, timeWidth] = table.shape;
  const total = plan.length * count;
  const bound = plan[0]?.coefficients.bound ?? 1;
  const constants = () => `const count = ${count}u;
    const total = ${total}u;
    ${declarations(network)}
    var<workgroup> position : array<f32, ${tiling.rows * width}>;`;
  // One buffer less: a device may allow no more than eight.
  const rowsIn = start ? (concat([states, start], 1) as Tensor2D) : states;
  const rowWidth = rowsIn.shape[1];
  const coefficients = planTensor(plan);
  const key = `${networkKey(network)} ${count} ${stateWidth} ${timeWidth} ${first} ${start !== null} ${plan.length}`;
  const noiseAt = `noise[(${first + 1}u + k) * ${count * width}u + (row0 + r) * ${width}u + c]`;
  const keepsAll = isTapeOn();
  return withGradient(
    { params, table },
    (save) => {
      const actions = backend.makeTensorInfo([count, width], 'float32');
      const kept = keepsAll ? backend.makeTensorInfo([total * (keptWidth + output) * 4], 'float32') : null;
      const rows = kept ? CHAIN_ROWS : null;
      dispatch(backend, {
        name: 'reverseChain',
        key: `${key} ${keepsAll}`,
        bindings: [
          ...parameterBindings(params),
          { name: 'embedded', tensor: table },
          { name: 'plan', tensor: coefficients },
          { name: 'rows', tensor: rowsIn },
          { name: 'noise', tensor: noise },
          { name: 'actions', tensor: actions, access: 'write' },
          ...(kept ? [{ name: 'kept', tensor: kept, type: 'vec4<f32>', access: 'write' } as const] : []),
        ],
        workgroups: [Math.ceil(count / tiling.rows), 1],
        wgsl: () => `${constants()}
          ${MAIN(tiling.threads)}
            let row0 = group.x * ${tiling.rows}u;
            for (var i = t; i < ${tiling.rows * width}u; i += ${tiling.threads}u) {
              let at = min(row0 * ${width}u + i, ${count * width - 1}u);
              position[i] = ${start ? `rows[at / ${width}u * ${rowWidth}u + ${stateWidth}u + at % ${width}u]` : 'noise[at]'};
            }
            workgroupBarrier();
            for (var k = 0u; k < ${plan.length}u; k++) {
              let step = u32(plan[8u * k + 6u]);
              ${loadInput(network, 'inputAt(min(row0 + r, count - 1u), r, c, step)', rows)}
              ${forward(network, rows)}
              for (var i = t; i < ${tiling.rows * width}u; i += ${tiling.threads}u) {
                let r = i / ${width}u;
                let c = i % ${width}u;
                if (row0 + r >= count) { continue; }
                let x = position[i];
                let e = tail[r * ${output}u + c / 4u][c % 4u];
                let x0 = clamp(plan[8u * k + 0u] * x - plan[8u * k + 1u] * e, -${bound}.0, ${bound}.0);
                var next = plan[8u * k + 2u] * x0 + plan[8u * k + 3u] * x + plan[8u * k + 4u] * e + plan[8u * k + 5u] * ${noiseAt};
                if (plan[8u * k + 7u] > 0.0) { next = clamp(next, -${bound}.0, ${bound}.0); }
                position[i] = next;
              }
              ${
                kept
                  ? `for (var i = t; i < ${tiling.rows * output}u; i += ${tiling.threads}u) {
                let r = i / ${output}u;
                if (row0 + r < count) {
                  kept[${keptWidth}u * total + ${CHAIN_ROWS.row('r')} * ${output}u + i % ${output}u] = tail[i];
                }
              }`
                  : ''
              }
              workgroupBarrier();
            }
            for (var i = t; i < ${tiling.rows * width}u; i += ${tiling.threads}u) {
              if (row0 * ${width}u + i < ${count * width}u) { actions[row0 * ${width}u + i] = position[i]; }
            }
          }
          fn inputAt(row : u32, r : u32, c : u32, step : u32) -> f32 {
            if (c < ${width}u) { return position[r * ${width}u + c]; }
            if (c < ${width + timeWidth}u) { return embedded[step * ${timeWidth}u + c - ${width}u]; }
            return rows[row * ${rowWidth}u + c - ${width + timeWidth}u];
          }`,
      });
      if (kept) save([params, noise, coefficients, wrap(kept)]);
      return wrap(actions);
    },
    (dy, [savedParams, savedNoise, savedPlan, kept]) => {
      const { deltaWidth, input } = network;
      const deltas = wrap(backend.makeTensorInfo([total * deltaWidth * 4], 'float32'));
      const embedded = wrap(backend.makeTensorInfo([total, timeWidth], 'float32'));
      dispatch(backend, {
        name: 'reverseChainGradient',
        key,
        bindings: [
          ...parameterBindings(savedParams as Tensor),
          { name: 'plan', tensor: savedPlan as Tensor },
          { name: 'noise', tensor: savedNoise as Tensor },
          { name: 'dy', tensor: dy },
          { name: 'kept', tensor: kept as Tensor, type: 'vec4<f32>' },
          { name: 'deltas', tensor: deltas, type: 'vec4<f32>', access: 'write' },
          { name: 'embedded', tensor: embedded, access: 'write' },
        ],
        workgroups: [Math.ceil(count / tiling.rows), 1],
        wgsl: () => `${constants()}
          ${MAIN(tiling.threads)}
            let row0 = group.x * ${tiling.rows}u;
            for (var i = t; i < ${tiling.rows * width}u; i += ${tiling.threads}u) {
              var d = 0.0;
              if (row0 * ${width}u + i < ${count * width}u) { d = dy[row0 * ${width}u + i]; }
              position[i] = d;
            }
            workgroupBarrier();
            for (var back = 0u; back < ${plan.length}u; back++) {
              let k = ${plan.length - 1}u - back;
              for (var i = t; i < ${tiling.rows * output}u; i += ${tiling.threads}u) {
                let r = i / ${output}u;
                let g = i % ${output}u;
                var dEpsilon = vec4<f32>(0.0);
                if (row0 + r < count) {
                  let row = ${CHAIN_ROWS.row('r')};
                  let epsilon = kept[${keptWidth}u * total + row * ${output}u + g];
                  for (var u = 0u; u < 4u; u++) {
                    let c = 4u * g + u;
                    if (c >= ${width}u) { continue; }
                    let x = kept[row * ${input}u + c / 4u][c % 4u];
                    let e = epsilon[u];
                    let x0 = plan[8u * k + 0u] * x - plan[8u * k + 1u] * e;
                    let next = plan[8u * k + 2u] * clamp(x0, -${bound}.0, ${bound}.0) + plan[8u * k + 3u] * x + plan[8u * k + 4u] * e
                      + plan[8u * k + 5u] * ${noiseAt};
                    let passed = plan[8u * k + 7u] == 0.0 || abs(next) <= ${bound}.0;
                    let d = select(0.0, position[r * ${width}u + c], passed);
                    let inside = select(0.0, plan[8u * k + 2u], abs(x0) <= ${bound}.0);
                    dEpsilon[u] = d * (plan[8u * k + 4u] - inside * plan[8u * k + 1u]);
                    position[r * ${width}u + c] = d * (plan[8u * k + 3u] + inside * plan[8u * k + 0u]);
                  }
                }
                tail[i] = dEpsilon;
              }
              workgroupBarrier();
              ${backward(network, CHAIN_ROWS)}
              ${inputGradient(
                network,
                0,
                width + timeWidth,
                `if (c < ${width}u) { position[r * ${width}u + c] += d; }
                else if (row0 + r < count) { embedded[${CHAIN_ROWS.row('r')} * ${timeWidth}u + c - ${width}u] = d; }`,
              )}
              workgroupBarrier();
            }
          }`,
      });
      return {
        params: () => wrap(parameterGradient(backend, network, kept as Tensor, deltas, total)),
        table: () =>
          tableGradient(embedded, diffusionSteps, timeWidth, [], {
            key: `chain ${count} ${plan.map(({ at }) => at).join()}`,
            sum: plan
              .map(
                ({ at }, k) => `if (step == ${at}u) {
              for (var row = ${k * count}u; row < ${(k + 1) * count}u; row++) { sum += rows[row * ${timeWidth}u + column]; }
            }`,
              )
              .join('\n'),
          }),
      };
    },
  ) as Tensor2D;
}

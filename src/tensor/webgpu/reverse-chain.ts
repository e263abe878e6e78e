/**
 * The whole reverse chain of a denoiser on WebGPU as one operation: a workgroup computes all steps for its rows, with
 * their positions in workgroup memory.
 */
import { concat, tensor1d, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { wrap } from '../engine.ts';
import type { FusedDenoiser, PlannedReverseStep, ReverseChain } from '../denoiser-operands.ts';
import { withGradient } from '../with-gradient.ts';
import { inputColumn, tableGradient, widthsOf, type FusedDenoiserWidths } from './denoiser-common.ts';
import { dispatch } from './dispatch.ts';
import { MAIN, networkKey, parameterBindings, rowTileOf } from './mlp-common.ts';
import { flatParameterGradient } from './parameter-gradient.ts';
import {
  backward,
  declarations,
  forward,
  inputGradient,
  loadInput,
  rowNetwork,
  type RowBuffer,
  type RowNetwork,
} from './rows.ts';

/** Everything that the shaders depend on. */
interface ChainShape extends FusedDenoiserWidths {
  network: RowNetwork;
  /** Rows of the batch, and reverse steps. */
  count: number;
  steps: number;
  stateWidth: number;
  bound: number;
  /** Whether it continues an earlier chain, and the number of steps of that. */
  hasStart: boolean;
  first: number;
}

function shapeOf(denoiser: FusedDenoiser, { states, plan, start, first }: ReverseChain): ChainShape {
  const [count, stateWidth] = states.shape;
  return {
    ...widthsOf(denoiser),
    network: rowNetwork(denoiser.spec),
    count,
    steps: plan.length,
    stateWidth,
    bound: plan[0]?.coefficients.bound ?? 1,
    hasStart: start !== null,
    first,
  };
}

function keyOf({ network, count, stateWidth, timeWidth, first, hasStart, steps }: ChainShape): string {
  return `${networkKey(network)} ${count} ${stateWidth} ${timeWidth} ${first} ${hasStart} ${steps}`;
}

/** Rows of the whole batch for each reverse step `k`, which the kernel declares. */
const CHAIN_ROWS: RowBuffer = {
  count: 'total',
  row: (r) => `(k * count + row0 + ${r})`,
  valid: (r) => `row0 + ${r} < count`,
};

/** The coefficients of the plan, a row of eight a step, in the order of `PLAN`. */
function planTensor(plan: readonly PlannedReverseStep[]): Tensor1D {
  return tensor1d(
    plan.flatMap(({ at, coefficients: { a, b, c0, cx, ce, sigma, clipResult } }) => [
      ...[a, b, c0, cx, ce, sigma],
      at,
      clipResult ? 1 : 0,
    ]),
  );
}

const planned = (index: number) => `plan[8u * k + ${index}u]`;
/** WGSL of the numbers of step `k`. */
const PLAN = {
  a: planned(0),
  b: planned(1),
  c0: planned(2),
  cx: planned(3),
  ce: planned(4),
  sigma: planned(5),
  at: planned(6),
  clips: planned(7),
};

/** x̂0 of `x` and `e` before it is clipped. */
const DENOISED = `${PLAN.a} * x - ${PLAN.b} * e`;

/** The next position of row `r`, column `c`, before it is clipped. */
function next(clippedX0: string, { count, actionWidth, first }: ChainShape): string {
  const noise = `noise[(${first + 1}u + k) * ${count * actionWidth}u + (row0 + r) * ${actionWidth}u + c]`;
  return `${PLAN.c0} * ${clippedX0} + ${PLAN.cx} * x + ${PLAN.ce} * e + ${PLAN.sigma} * ${noise}`;
}

function constants({ network, count, steps, actionWidth }: ChainShape): string {
  return `const count = ${count}u;
    const total = ${steps * count}u;
    ${declarations(network)}
    var<workgroup> position : array<f32, ${network.tiling.rows * actionWidth}>;`;
}

function forwardShader(shape: ChainShape, keeps: boolean): string {
  const { network, count, steps, stateWidth, actionWidth: width, bound, hasStart } = shape;
  const { tiling, output, keptWidth } = network;
  const rowWidth = hasStart ? stateWidth + width : stateWidth;
  const start = hasStart ? `rows[at / ${width}u * ${rowWidth}u + ${stateWidth}u + at % ${width}u]` : 'noise[at]';
  const kept = keeps ? CHAIN_ROWS : null;
  const keepOutput = `for (var i = t; i < ${tiling.rows * output}u; i += ${tiling.threads}u) {
    let r = i / ${output}u;
    if (row0 + r < count) {
      kept[${keptWidth}u * total + ${CHAIN_ROWS.row('r')} * ${output}u + i % ${output}u] = tail[i];
    }
  }`;
  return `${constants(shape)}
    ${MAIN(tiling.threads)}
      let row0 = group.x * ${tiling.rows}u;
      for (var i = t; i < ${tiling.rows * width}u; i += ${tiling.threads}u) {
        let at = min(row0 * ${width}u + i, ${count * width - 1}u);
        position[i] = ${start};
      }
      workgroupBarrier();
      for (var k = 0u; k < ${steps}u; k++) {
        let step = u32(${PLAN.at});
        ${loadInput(network, 'inputAt(min(row0 + r, count - 1u), r, c, step)', kept)}
        ${forward(network, kept)}
        for (var i = t; i < ${tiling.rows * width}u; i += ${tiling.threads}u) {
          let r = i / ${width}u;
          let c = i % ${width}u;
          if (row0 + r >= count) { continue; }
          let x = position[i];
          let e = tail[r * ${output}u + c / 4u][c % 4u];
          let x0 = clamp(${DENOISED}, -${bound}.0, ${bound}.0);
          var next = ${next('x0', shape)};
          if (${PLAN.clips} > 0.0) { next = clamp(next, -${bound}.0, ${bound}.0); }
          position[i] = next;
        }
        ${keeps ? keepOutput : ''}
        workgroupBarrier();
      }
      for (var i = t; i < ${tiling.rows * width}u; i += ${tiling.threads}u) {
        if (row0 * ${width}u + i < ${count * width}u) { actions[row0 * ${width}u + i] = position[i]; }
      }
    }
    fn inputAt(row : u32, r : u32, c : u32, step : u32) -> f32 {
      ${inputColumn(shape, `position[r * ${width}u + c]`, (column) => `rows[row * ${rowWidth}u + ${column}]`)}
    }`;
}

/** Computes the gradients before each hidden activation and of the embeddings from that of the actions. */
function backwardShader(shape: ChainShape): string {
  const { network, count, steps, actionWidth: width, timeWidth, bound } = shape;
  const { tiling, input, output, keptWidth } = network;
  return `${constants(shape)}
    ${MAIN(tiling.threads)}
      let row0 = group.x * ${tiling.rows}u;
      for (var i = t; i < ${tiling.rows * width}u; i += ${tiling.threads}u) {
        var d = 0.0;
        if (row0 * ${width}u + i < ${count * width}u) { d = dy[row0 * ${width}u + i]; }
        position[i] = d;
      }
      workgroupBarrier();
      for (var back = 0u; back < ${steps}u; back++) {
        let k = ${steps - 1}u - back;
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
              let x0 = ${DENOISED};
              let next = ${next(`clamp(x0, -${bound}.0, ${bound}.0)`, shape)};
              let passed = ${PLAN.clips} == 0.0 || abs(next) <= ${bound}.0;
              let d = select(0.0, position[r * ${width}u + c], passed);
              let inside = select(0.0, ${PLAN.c0}, abs(x0) <= ${bound}.0);
              dEpsilon[u] = d * (${PLAN.ce} - inside * ${PLAN.b});
              position[r * ${width}u + c] = d * (${PLAN.cx} + inside * ${PLAN.a});
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
    }`;
}

/** WGSL that sums the rows of the reverse steps at one diffusion step. */
function rowsOfStep(plan: readonly PlannedReverseStep[], { count, timeWidth }: ChainShape, lanes: number): string {
  return plan
    .map(
      ({ at }, k) => `if (step == ${at}u) {
        for (var row = ${k * count}u + lane; row < ${(k + 1) * count}u; row += ${lanes}u) { sum += rows[row * ${timeWidth}u + column]; }
      }`,
    )
    .join('\n');
}

/** `FusedDenoising.reverseChain`. */
export function reverseChainWebgpu(backend: WebGPUBackend, denoiser: FusedDenoiser, chain: ReverseChain): Tensor2D {
  const { params, table } = denoiser;
  const { states, noise, plan, start } = chain;
  const shape = shapeOf(denoiser, chain);
  const { network, count, actionWidth, timeWidth } = shape;
  const total = shape.steps * count;
  const key = keyOf(shape);
  const workgroups = [Math.ceil(count / network.tiling.rows), 1] as const;
  const rowTile = rowTileOf(network, count);
  const depth = shape.steps * network.layers.length;
  // Concatenated to save a binding: a device may allow no more than eight.
  const rows = start ? (concat([states, start], 1) as Tensor2D) : states;
  const coefficients = planTensor(plan);
  const make = (of: number[]): Tensor => wrap(backend.makeTensorInfo(of, 'float32'));
  return withGradient(
    { params, table },
    (keeps) => {
      const actions = make([count, actionWidth]);
      const kept = keeps ? make([total * (network.keptWidth + network.output) * 4]) : null;
      dispatch(backend, {
        name: 'reverseChain',
        key: `${key} ${keeps}`,
        bindings: [
          ...parameterBindings(params),
          { name: 'embedded', tensor: table },
          { name: 'plan', tensor: coefficients },
          { name: 'rows', tensor: rows, rowTile },
          { name: 'noise', tensor: noise },
          { name: 'actions', tensor: actions, access: 'write', rowTile },
          ...(kept ? [{ name: 'kept', tensor: kept, type: 'vec4<f32>', access: 'write', rowTile } as const] : []),
        ],
        workgroups,
        depth,
        wgsl: () => forwardShader(shape, keeps),
      });
      return { result: actions, saved: { params, noise, coefficients, kept } };
    },
    (dy, { params, noise, coefficients, kept: keptOrNot }) => {
      const kept = keptOrNot as Tensor;
      const deltas = make([total * network.deltaWidth * 4]);
      const embedded = make([total, timeWidth]);
      dispatch(backend, {
        name: 'reverseChainGradient',
        key,
        bindings: [
          ...parameterBindings(params),
          { name: 'plan', tensor: coefficients },
          { name: 'noise', tensor: noise },
          { name: 'dy', tensor: dy, rowTile },
          { name: 'kept', tensor: kept, type: 'vec4<f32>', rowTile },
          { name: 'deltas', tensor: deltas, type: 'vec4<f32>', access: 'write', rowTile },
          { name: 'embedded', tensor: embedded, access: 'write', rowTile },
        ],
        workgroups,
        depth,
        wgsl: () => backwardShader(shape),
      });
      return {
        params: () => wrap(flatParameterGradient(backend, network, kept, deltas, total)),
        table: () =>
          tableGradient(backend, shape, embedded, {
            sum: (lanes) => rowsOfStep(plan, shape, lanes),
            key: `chain ${count} ${plan.map(({ at }) => at).join()}`,
            bindings: [],
          }),
      };
    },
  ) as Tensor2D;
}

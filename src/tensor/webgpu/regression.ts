/**
 * A mean squared error of an MLP as one operation: the input is put together, taken through the network and compared
 * in one dispatch, and its gradient goes back in another.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { dispatch, type Binding } from './dispatch.ts';
import { BATCH_ROWS, MAIN, networkKey, parameterBindings, rowTileOf } from './mlp-common.ts';
import { backward, declarations, forward, inputGradient, loadInput, type RowNetwork } from './rows.ts';
import { workgroupSum } from './threads.ts';

export interface RegressionSource {
  /** Everything that the WGSL below depends on. */
  key: string;
  bindings: Binding[];
  /** `fn inputAt(row : u32, c : u32) -> f32` and `fn targetAt(row : u32, c : u32) -> f32`. */
  functions: () => string;
}

/** Matrices side by side, with targets [B, out], or 0 where there are none: the residual is then the output itself. */
export function concatInputs(
  network: RowNetwork,
  inputs: readonly TensorInfo[],
  targets: TensorInfo | null,
): RegressionSource {
  const rowTile = rowTileOf(network, inputs[0]?.shape[0] as number);
  const widths = inputs.map(({ shape }) => shape[1] as number);
  let before = 0;
  const columns = widths.map((width, i) => {
    const at = before;
    before += width;
    return `if (c < ${before}u) { return x${i}[row * ${width}u + c - ${at}u]; }`;
  });
  return {
    key: `inputs ${widths.join()} ${targets !== null}`,
    bindings: [
      ...inputs.map((tensor, i) => ({ name: `x${i}`, tensor, rowTile })),
      ...(targets ? [{ name: 'targets', tensor: targets, rowTile }] : []),
    ],
    functions: () => `
      fn inputAt(row : u32, c : u32) -> f32 { ${columns.join(' ')} return 0.0; }
      fn targetAt(row : u32, c : u32) -> f32 { return ${targets ? `targets[row * ${targets.shape[1]}u + c]` : '0.0'}; }`,
  };
}

/** What is kept: as rows.ts lays it out, then the residuals. */
export function regressionForward(
  backend: WebGPUBackend,
  network: RowNetwork,
  params: TensorInfo,
  source: RegressionSource,
  count: number,
): TensorInfo {
  const { tiling, output, outWidth, keptWidth } = network;
  const kept = backend.makeTensorInfo([count * (keptWidth + output) * 4], 'float32');
  dispatch(backend, {
    name: 'regression',
    key: `${networkKey(network)} ${count} ${source.key}`,
    bindings: [
      ...parameterBindings(params),
      ...source.bindings,
      { name: 'kept', tensor: kept, type: 'vec4<f32>', access: 'write', rowTile: rowTileOf(network, count) },
    ],
    workgroups: [Math.ceil(count / tiling.rows), 1],
    depth: network.layers.length,
    wgsl: () => `const count = ${count}u;
      ${declarations(network)}
      ${source.functions()}
      ${MAIN(tiling.threads)}
        let row0 = group.x * ${tiling.rows}u;
        ${loadInput(network, 'inputAt(min(row0 + r, count - 1u), c)', BATCH_ROWS)}
        ${forward(network, BATCH_ROWS)}
        for (var i = t; i < ${tiling.rows * output}u; i += ${tiling.threads}u) {
          let row = row0 + i / ${output}u;
          let g = i % ${output}u;
          if (row >= count) { continue; }
          var residual = vec4<f32>(0.0);
          for (var u = 0u; u < 4u; u++) {
            if (4u * g + u < ${outWidth}u) { residual[u] = tail[i][u] - targetAt(row, 4u * g + u); }
          }
          kept[${keptWidth}u * count + row * ${output}u + g] = residual;
        }
      }`,
  });
  return kept;
}

/** The mean squared residual, summed over networks that were regressed on the same batch. */
export function meanSquaredResidual(
  backend: WebGPUBackend,
  { output, outWidth, keptWidth }: RowNetwork,
  kept: readonly TensorInfo[],
  count: number,
): TensorInfo {
  const loss = backend.makeTensorInfo([], 'float32');
  dispatch(backend, {
    name: 'meanSquares',
    key: [count, output, keptWidth, outWidth, kept.length].join(),
    bindings: [
      { name: 'loss', tensor: loss, access: 'write' },
      ...kept.map((tensor, i) => ({ name: `kept${i}`, tensor, type: 'vec4<f32>' }) as const),
    ],
    ...workgroupSum(
      'f32',
      (threads) => `for (var i = t; i < ${count * output}u; i += ${threads}u) {
        ${kept
          .map((_, i) => `{ let residual = kept${i}[${keptWidth * count}u + i]; sum += dot(residual, residual); }`)
          .join('\n')}
      }`,
      `loss[0] = total / ${count * outWidth}.0;`,
    ),
  });
  return loss;
}

/** Where the gradient of what a network gave comes from. */
export interface Upstream {
  /** Everything that the WGSL depends on. */
  key: string;
  bindings: Binding[];
  /** WGSL of a group of four of the output: of `row`, the `g`-th. */
  at: string;
}

/** That of the mean squared residual, from the gradient `dy` of the loss. */
export function meanSquaredUpstream(
  { output, outWidth, keptWidth }: RowNetwork,
  dy: TensorInfo,
  count: number,
): Upstream {
  return {
    key: 'mean squares',
    bindings: [{ name: 'dy', tensor: dy }],
    at: `dy[0] * f32(${2 / (count * outWidth)}) * kept[${keptWidth}u * count + row * ${output}u + g]`,
  };
}

/**
 * What was kept taken back through the network: `deltas`, the gradients as rows.ts lays them out, of which those of the
 * parameters are made, unless nobody `wants` them; and `input`, those of the columns `columns` of the input [rows, width].
 */
export function regressionBackward(
  backend: WebGPUBackend,
  network: RowNetwork,
  params: TensorInfo,
  kept: TensorInfo,
  upstream: Upstream,
  count: number,
  columns: readonly [from: number, to: number] | null,
  wants = true,
): { deltas: TensorInfo | null; input: TensorInfo | null } {
  const { tiling, output, deltaWidth } = network;
  const make = (shape: number[]) => backend.makeTensorInfo(shape, 'float32');
  const deltas = wants ? make([count * deltaWidth * 4]) : null;
  const width = columns ? columns[1] - columns[0] : 0;
  const input = columns ? make([count, width]) : null;
  const rowTile = rowTileOf(network, count);
  dispatch(backend, {
    name: 'regressionGradient',
    key: `${networkKey(network)} ${count} ${columns?.join() ?? ''} ${wants} ${upstream.key}`,
    bindings: [
      ...parameterBindings(params),
      { name: 'kept', tensor: kept, type: 'vec4<f32>', rowTile },
      ...upstream.bindings,
      ...(deltas ? [{ name: 'deltas', tensor: deltas, type: 'vec4<f32>', access: 'write', rowTile } as const] : []),
      ...(input ? [{ name: 'dx', tensor: input, access: 'write', rowTile } as const] : []),
    ],
    workgroups: [Math.ceil(count / tiling.rows), 1],
    depth: network.layers.length,
    wgsl: () => `const count = ${count}u;
      ${declarations(network)}
      ${MAIN(tiling.threads)}
        let row0 = group.x * ${tiling.rows}u;
        for (var i = t; i < ${tiling.rows * output}u; i += ${tiling.threads}u) {
          let row = row0 + i / ${output}u;
          let g = i % ${output}u;
          var d = vec4<f32>(0.0);
          if (row < count) { d = ${upstream.at}; }
          tail[i] = d;
        }
        workgroupBarrier();
        ${backward(network, { ...BATCH_ROWS, inputOnly: !wants })}
        ${
          columns
            ? inputGradient(
                network,
                columns[0],
                columns[1],
                `if (row0 + r < count) { dx[(row0 + r) * ${width}u + c - ${columns[0]}u] = d; }`,
              )
            : ''
        }
      }`,
  });
  return { deltas, input };
}

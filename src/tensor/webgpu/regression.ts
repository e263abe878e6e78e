/**
 * A mean squared error of an MLP as one operation. One dispatch assembles the input, runs the network and subtracts the
 * targets; another computes the gradients.
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

/** Concatenates matrices, with targets [B, out] or 0 without any: the residual then is the output itself. */
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

/** Returns `kept`: the layout of row-network.ts, then the residuals. */
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

/** The mean squared residual, summed over networks with the same batch. */
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

/** The gradient of a network's output. */
export interface Upstream {
  /** Everything that the WGSL depends on. */
  key: string;
  bindings: Binding[];
  /** WGSL of the `g`-th group of four of `row`. */
  at: string;
}

/** The gradient of the mean squared residual, from the gradient `dy` of the loss. */
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
 * Backpropagates through the network.
 * @param columns the input's columns whose gradient is computed, or null
 * @param needsDeltas whether the parameters' gradient is needed
 * @returns `deltas`, from which `flatParameterGradient` makes that gradient; and `input`, the gradient of the columns
 */
export function regressionBackward(
  backend: WebGPUBackend,
  network: RowNetwork,
  params: TensorInfo,
  kept: TensorInfo,
  upstream: Upstream,
  count: number,
  columns: readonly [from: number, to: number] | null,
  needsDeltas = true,
): { deltas: TensorInfo | null; input: TensorInfo | null } {
  const { tiling, output, deltaWidth } = network;
  const make = (shape: number[]) => backend.makeTensorInfo(shape, 'float32');
  const deltas = needsDeltas ? make([count * deltaWidth * 4]) : null;
  const width = columns ? columns[1] - columns[0] : 0;
  const input = columns ? make([count, width]) : null;
  const rowTile = rowTileOf(network, count);
  dispatch(backend, {
    name: 'regressionGradient',
    key: `${networkKey(network)} ${count} ${columns?.join() ?? ''} ${needsDeltas} ${upstream.key}`,
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
        ${backward(network, { ...BATCH_ROWS, inputOnly: !needsDeltas })}
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

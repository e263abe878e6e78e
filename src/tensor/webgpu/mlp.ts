/** The MLP on WebGPU: forward, backward and the parameters' gradient, one dispatch each. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { dispatch } from './dispatch.ts';
import { BATCH_ROWS, MAIN, networkKey, parameterBindings, rowTileOf } from './mlp-common.ts';
import { flatParameterGradient } from './parameter-gradient.ts';
import { concatInputs } from './regression.ts';
import { backward, declarations, forward, inputGradient, loadInput, rowNetwork } from './rows.ts';
import type { MlpSpec } from '../mlp-layout.ts';

type Inputs = Readonly<Record<string, TensorInfo>>;

/** [y [B, out], and `kept` if asked for]. */
export function mlpForwardWebgpu(
  backend: WebGPUBackend,
  { x, params }: Inputs,
  { keep, ...spec }: MlpSpec & { keep: boolean },
): TensorInfo[] {
  return mlpOutputs(backend, [x as TensorInfo], params as TensorInfo, spec, keep);
}

/** The same for inputs that are concatenated where they are read. */
export function mlpOutputs(
  backend: WebGPUBackend,
  inputs: readonly TensorInfo[],
  params: TensorInfo,
  spec: MlpSpec,
  keep: boolean,
): TensorInfo[] {
  const network = rowNetwork(spec);
  const { tiling, outWidth, output } = network;
  const [count, firstWidth] = inputs[0]?.shape as [number, number];
  const source = concatInputs(network, inputs, null);
  const y = backend.makeTensorInfo([count, outWidth], 'float32');
  const kept = keep ? backend.makeTensorInfo([count * network.keptWidth * 4], 'float32') : null;
  const rows = keep ? BATCH_ROWS : null;
  const rowTile = rowTileOf(network, count);
  dispatch(backend, {
    name: 'mlpForward',
    key: `${networkKey(network)} ${keep} ${source.key}`,
    bindings: [
      ...parameterBindings(params),
      ...source.bindings,
      { name: 'y', tensor: y, access: 'write', rowTile },
      ...(kept ? [{ name: 'kept', tensor: kept, type: 'vec4<f32>', access: 'write', rowTile } as const] : []),
    ],
    workgroups: [Math.ceil(count / tiling.rows), 1],
    depth: network.layers.length,
    wgsl: () => `${declarations(network)}
      ${source.functions()}
      ${MAIN(tiling.threads)}
        let count = arrayLength(&x0) / ${firstWidth}u;
        let row0 = group.x * ${tiling.rows}u;
        ${loadInput(network, 'inputAt(min(row0 + r, count - 1u), c)', rows)}
        ${forward(network, rows)}
        for (var i = t; i < ${tiling.rows * outWidth}u; i += ${tiling.threads}u) {
          let r = i / ${outWidth}u;
          let c = i % ${outWidth}u;
          if (row0 + r < count) { y[(row0 + r) * ${outWidth}u + c] = tail[r * ${output}u + c / 4u][c % 4u]; }
        }
      }`,
  });
  return kept ? [y, kept] : [y];
}

/** [dx [B, in], `deltas`]. */
export function mlpBackwardWebgpu(backend: WebGPUBackend, inputs: Inputs, spec: MlpSpec): TensorInfo[] {
  const network = rowNetwork(spec);
  const { tiling, inWidth, outWidth, output } = network;
  const dy = inputs['dy'] as TensorInfo;
  const count = dy.shape[0] as number;
  const dx = backend.makeTensorInfo([count, inWidth], 'float32');
  const deltas = backend.makeTensorInfo([count * network.deltaWidth * 4], 'float32');
  const rowTile = rowTileOf(network, count);
  dispatch(backend, {
    name: 'mlpBackward',
    key: networkKey(network),
    bindings: [
      ...parameterBindings(inputs['params'] as TensorInfo),
      { name: 'dy', tensor: dy, rowTile },
      { name: 'kept', tensor: inputs['saved0'] as TensorInfo, type: 'vec4<f32>', rowTile },
      { name: 'dx', tensor: dx, access: 'write', rowTile },
      { name: 'deltas', tensor: deltas, type: 'vec4<f32>', access: 'write', rowTile },
    ],
    workgroups: [Math.ceil(count / tiling.rows), 1],
    depth: network.layers.length,
    wgsl: () => `${declarations(network)}
      ${MAIN(tiling.threads)}
        let count = arrayLength(&dy) / ${outWidth}u;
        let row0 = group.x * ${tiling.rows}u;
        for (var i = t; i < ${tiling.rows * output}u; i += ${tiling.threads}u) {
          let row = row0 + i / ${output}u;
          var d = vec4<f32>(0.0);
          for (var u = 0u; u < 4u; u++) {
            let c = i % ${output}u * 4u + u;
            if (c < ${outWidth}u && row < count) { d[u] = dy[row * ${outWidth}u + c]; }
          }
          tail[i] = d;
        }
        workgroupBarrier();
        ${backward(network, BATCH_ROWS)}
        ${inputGradient(network, 0, inWidth, `if (row0 + r < count) { dx[(row0 + r) * ${inWidth}u + c] = d; }`)}
      }`,
  });
  return [dx, deltas];
}

/** [gradient of the flat parameters]. */
export function mlpParameterGradientWebgpu(backend: WebGPUBackend, inputs: Inputs, spec: MlpSpec): TensorInfo[] {
  const count = (inputs['dy'] as TensorInfo).shape[0] as number;
  const kept = inputs['saved0'] as TensorInfo;
  return [flatParameterGradient(backend, rowNetwork(spec), kept, inputs['delta0'] as TensorInfo, count)];
}

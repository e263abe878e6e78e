/** What the denoiser's uses share: where its input comes from, and where the gradient of that goes. */
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { wrap } from '../engine.ts';
import type { FusedDenoiser } from '../kernels/denoiser.ts';
import { mlpLayout } from '../kernels/mlp.ts';
import { dispatch, type Binding } from './dispatch.ts';
import { eachElement } from './threads.ts';

export interface DenoiserWidths {
  actionWidth: number;
  timeWidth: number;
  diffusionSteps: number;
}

export function widthsOf({ spec, table }: FusedDenoiser): DenoiserWidths {
  const [diffusionSteps, timeWidth] = table.shape;
  return { actionWidth: mlpLayout(spec).outWidth, timeWidth, diffusionSteps };
}

/**
 * The WGSL that returns column `c` of the input: an action, the embedding (of the table `embedded`) of the diffusion step
 * `step`, a state.
 * @param action and @param state WGSL, the state's for a column of the state
 */
export function inputColumn(
  { actionWidth, timeWidth }: DenoiserWidths,
  action: string,
  state: (column: string) => string,
): string {
  return `if (c < ${actionWidth}u) { return ${action}; }
    if (c < ${actionWidth + timeWidth}u) { return embedded[step * ${timeWidth}u + c - ${actionWidth}u]; }
    return ${state(`c - ${actionWidth + timeWidth}u`)};`;
}

/**
 * Sums the gradients of embedded rows, `rows` in the WGSL, by diffusion step: [T, W].
 * @param from which rows are of which step: WGSL that adds to `sum` those of `step` in `column`, all that it depends on,
 *   and what else it reads
 */
export function tableGradient(
  backend: WebGPUBackend,
  { diffusionSteps, timeWidth }: DenoiserWidths,
  rows: TensorInfo,
  { sum, key, bindings }: { sum: string; key: string; bindings: readonly Binding[] },
): Tensor {
  const result = backend.makeTensorInfo([diffusionSteps, timeWidth], 'float32');
  const size = diffusionSteps * timeWidth;
  dispatch(backend, {
    name: 'embeddingGradient',
    key: `${size} ${timeWidth} ${key}`,
    bindings: [{ name: 'rows', tensor: rows }, { name: 'result', tensor: result, access: 'write' }, ...bindings],
    ...eachElement(
      size,
      () => `let step = i / ${timeWidth}u;
        let column = i % ${timeWidth}u;
        var sum = 0.0;
        ${sum}
        result[i] = sum;`,
    ),
  });
  return wrap(result);
}

/** The input of the denoiser and its gradient, for its loss and its reverse chain. */
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { wrap } from '../engine.ts';
import type { FusedDenoiser } from '../denoiser-operands.ts';
import { mlpLayout } from '../mlp-layout.ts';
import { gpuProfile } from '../backend-state.ts';
import { dispatch, type Binding, type Dispatch } from './dispatch.ts';
import { MAIN } from './mlp-common.ts';
import { eachElement, THREADS } from './threads.ts';

export interface FusedDenoiserWidths {
  actionWidth: number;
  timeWidth: number;
  diffusionSteps: number;
}

export function widthsOf({ spec, table }: FusedDenoiser): FusedDenoiserWidths {
  const [diffusionSteps, timeWidth] = table.shape;
  return { actionWidth: mlpLayout(spec).outWidth, timeWidth, diffusionSteps };
}

/**
 * WGSL that returns column `c` of the input [action, embedding, state], where the embedding is row `step` of the table
 * `embedded`.
 * @param action and @param state WGSL, the state's for a column of the state
 */
export function inputColumn(
  { actionWidth, timeWidth }: FusedDenoiserWidths,
  action: string,
  state: (column: string) => string,
): string {
  return `if (c < ${actionWidth}u) { return ${action}; }
    if (c < ${actionWidth + timeWidth}u) { return embedded[step * ${timeWidth}u + c - ${actionWidth}u]; }
    return ${state(`c - ${actionWidth + timeWidth}u`)};`;
}

/**
 * Sums the gradients of embedded rows, `rows` in the WGSL, by diffusion step: [T, W].
 * @param source `sum` is WGSL that adds to `sum` the rows of `step` in `column`, every `lanes`-th from the thread's
 *   `lane` on; `key` is everything that it depends on, and `bindings` what it reads besides
 */
export function tableGradient(
  backend: WebGPUBackend,
  { diffusionSteps, timeWidth }: FusedDenoiserWidths,
  rows: TensorInfo,
  { sum, key, bindings }: { sum: (lanes: number) => string; key: string; bindings: readonly Binding[] },
): Tensor {
  const result = backend.makeTensorInfo([diffusionSteps, timeWidth], 'float32');
  const size = diffusionSteps * timeWidth;
  // On a CPU barriers are slow.
  const lanes = gpuProfile().software ? 1 : Math.max(1, Math.floor(THREADS / timeWidth));
  dispatch(backend, {
    name: 'embeddingGradient',
    key: `${size} ${timeWidth} ${lanes} ${key}`,
    bindings: [{ name: 'rows', tensor: rows }, { name: 'result', tensor: result, access: 'write' }, ...bindings],
    ...(lanes > 1
      ? inLanes(diffusionSteps, timeWidth, lanes, sum(lanes))
      : eachElement(
          size,
          () => `let step = i / ${timeWidth}u;
            let column = i % ${timeWidth}u;
            let lane = 0u;
            var sum = 0.0;
            ${sum(1)}
            result[i] = sum;`,
        )),
  });
  return wrap(result);
}

/** A workgroup for each step: in each lane, a thread for each column. */
function inLanes(steps: number, width: number, lanes: number, sum: string): Pick<Dispatch, 'workgroups' | 'wgsl'> {
  return {
    workgroups: [steps, 1],
    wgsl: () => `var<workgroup> sums : array<f32, ${THREADS}>;
      ${MAIN(THREADS)}
        let step = group.x;
        let column = t % ${width}u;
        let lane = t / ${width}u;
        var sum = 0.0;
        if (lane < ${lanes}u) { ${sum} }
        sums[t] = sum;
        workgroupBarrier();
        if (t < ${width}u) {
          var total = 0.0;
          for (var l = 0u; l < ${lanes}u; l++) { total += sums[l * ${width}u + t]; }
          result[step * ${width}u + t] = total;
        }
      }`,
  };
}

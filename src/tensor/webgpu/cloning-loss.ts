/** The cloning loss on WebGPU as one operation: a regression whose inputs are noised where they are read. */
import type { Scalar, TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { wrap } from '../engine.ts';
import type { CloningBatch, FusedDenoiser } from '../denoiser-operands.ts';
import { withGradient } from '../with-gradient.ts';
import { inputColumn, tableGradient, widthsOf } from './denoiser-common.ts';
import { flatParameterGradient } from './parameter-gradient.ts';
import {
  meanSquaredResidual,
  meanSquaredUpstream,
  regressionBackward,
  regressionForward,
  type RegressionSource,
} from './regression.ts';
import { rowNetwork } from './rows.ts';

/** Noised actions as inputs, and their noise as targets. */
function noisedRows(denoiser: FusedDenoiser, batch: CloningBatch): RegressionSource {
  const { actions, states, steps, noise, signal, noiseScale } = batch;
  const widths = widthsOf(denoiser);
  const { actionWidth, timeWidth, diffusionSteps } = widths;
  const stateWidth = states.shape[1];
  const schedule = (name: string, values: ArrayLike<number>) =>
    `const ${name} = array<f32, ${diffusionSteps}>(${Array.from(values, (value) => `f32(${value})`).join(', ')});`;
  const place = `row * ${actionWidth}u + c`;
  const noised = `signal[step] * actions[${place}] + noiseScale[step] * noise[${place}]`;
  return {
    key: `cloning ${actionWidth} ${timeWidth} ${stateWidth} ${Array.from(signal).join()}`,
    bindings: [
      { name: 'embedded', tensor: denoiser.table },
      { name: 'states', tensor: states },
      { name: 'actions', tensor: actions },
      { name: 'noise', tensor: noise },
      { name: 'steps', tensor: steps, type: 'i32' },
    ],
    functions: () => `${schedule('signal', signal)} ${schedule('noiseScale', noiseScale)}
      fn inputAt(row : u32, c : u32) -> f32 {
        let step = u32(steps[row]);
        ${inputColumn(widths, noised, (column) => `states[row * ${stateWidth}u + ${column}]`)}
      }
      fn targetAt(row : u32, c : u32) -> f32 { return noise[${place}]; }`,
  };
}

/** `FusedDenoising.cloningLoss`: L_d. */
export function cloningLossWebgpu(backend: WebGPUBackend, denoiser: FusedDenoiser, batch: CloningBatch): Scalar {
  const { params, spec, table } = denoiser;
  const network = rowNetwork(spec);
  const widths = widthsOf(denoiser);
  const { actionWidth, timeWidth } = widths;
  const count = batch.actions.shape[0];
  return withGradient(
    { params, table },
    () => {
      const kept = regressionForward(backend, network, params, noisedRows(denoiser, batch), count);
      return {
        result: wrap(meanSquaredResidual(backend, network, [kept], count)),
        saved: { params, steps: batch.steps, kept: wrap(kept) },
      };
    },
    (dy, { params, steps, kept }) => {
      const embedding = [actionWidth, actionWidth + timeWidth] as const;
      const upstream = meanSquaredUpstream(network, dy, count);
      const found = regressionBackward(backend, network, params, kept, upstream, count, embedding);
      const [deltas, rows] = [wrap(found.deltas as TensorInfo), wrap(found.input as TensorInfo)];
      return {
        params: () => wrap(flatParameterGradient(backend, network, kept, deltas, count)),
        table: () =>
          tableGradient(backend, widths, rows, {
            sum: (lanes) => `for (var row = lane; row < ${count}u; row += ${lanes}u) {
              sum += select(0.0, rows[row * ${timeWidth}u + column], u32(steps[row]) == step);
            }`,
            key: `cloning ${count}`,
            bindings: [{ name: 'steps', tensor: steps, type: 'i32' }],
          }),
      };
    },
  ) as Scalar;
}

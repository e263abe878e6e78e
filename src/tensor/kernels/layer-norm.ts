/**
 * Layer normalisation (Ba et al., 2016) and an activation as one operation: for each row of z,
 * u = gain · (z − mean)/√(variance + ε) + bias, with PyTorch's ε, then y = activation(u). The flat parameters are the gain
 * [W], then the bias [W].
 */
import { LAYER_NORM_EPSILON } from '../../math/plain-mlp.ts';
import { defineKernel } from '../define-kernel.ts';
import { ACTIVATION_CODE } from '../wasm/mlp-passes.ts';
import { activate } from '../activation.ts';
import { layerNormBackwardWebgpu, layerNormForwardWebgpu, layerNormGradientWebgpu } from '../webgpu/layer-norm.ts';
import type { LayerNormAttributes } from '../mlp-layout.ts';

type Arrays<Name extends string> = Record<Name, Float32Array>;
type Pointers<Name extends string> = Record<Name, number>;

/** [y [B, W], normalised rows [B, W], slopes [B, W], 1/√(variance + ε) [B]]; the last three only with `keep`. */
const forward = defineKernel<LayerNormAttributes>({
  name: 'LayerNormForward',
  outputShapes: ({ z }, { keep }) => {
    const [rows, width] = z as [number, number];
    return [[rows, width], [keep ? rows * width : 0], [keep ? rows * width : 0], [keep ? rows : 0]];
  },
  portable: (inputs, [y, normed, slopes, scales], { activation, keep }, shapes) => {
    const { z, params } = inputs as Arrays<'z' | 'params'>;
    const [rows, width] = shapes['z'] as [number, number];
    for (let row = 0; row < rows; row++) {
      const start = row * width;
      let mean = 0;
      for (let c = 0; c < width; c++) mean += (z[start + c] as number) / width;
      let variance = 0;
      for (let c = 0; c < width; c++) variance += ((z[start + c] as number) - mean) ** 2 / width;
      const scale = 1 / Math.sqrt(variance + LAYER_NORM_EPSILON);
      if (keep) scales![row] = scale;
      for (let c = 0; c < width; c++) {
        const x = ((z[start + c] as number) - mean) * scale;
        const [value, slope] = activate(activation, x * (params[c] as number) + (params[width + c] as number));
        y![start + c] = value;
        if (!keep) continue;
        normed![start + c] = x;
        slopes![start + c] = slope;
      }
    }
  },
  simd: ({ kernels }, inputs, [y, normed, slopes, scales], { activation, keep }, shapes) => {
    const { z, params } = inputs as Pointers<'z' | 'params'>;
    const [rows, width] = shapes['z'] as [number, number];
    const kept = (pointer: number | undefined) => (keep ? pointer! : 0);
    const code = ACTIVATION_CODE[activation];
    kernels.layerNormForward(z, params, y!, kept(normed), kept(slopes), kept(scales), rows, width, code);
  },
  webgpu: layerNormForwardWebgpu,
});

/** [dz [B, W]] */
const backward = defineKernel<object>({
  name: 'LayerNormBackward',
  outputShapes: ({ dy }) => [[...(dy as readonly number[])]],
  portable: (inputs, [out], _attributes, shapes) => {
    const { dy, params, normed, slopes, scales } = inputs as Arrays<'dy' | 'params' | 'normed' | 'slopes' | 'scales'>;
    const dz = out as Float32Array;
    const [rows, width] = shapes['dy'] as [number, number];
    for (let row = 0; row < rows; row++) {
      const start = row * width;
      let mean = 0;
      let along = 0;
      for (let i = start; i < start + width; i++) {
        const dx = (dy[i] as number) * (slopes[i] as number) * (params[i - start] as number);
        mean += dx / width;
        along += (dx * (normed[i] as number)) / width;
        dz[i] = dx;
      }
      const scale = scales[row] as number;
      for (let i = start; i < start + width; i++) dz[i] = scale * (dz[i]! - mean - (normed[i] as number) * along);
    }
  },
  simd: ({ kernels }, inputs, [dz], _attributes, shapes) => {
    const { dy, params, normed, slopes, scales } = inputs as Pointers<'dy' | 'params' | 'normed' | 'slopes' | 'scales'>;
    const [rows, width] = shapes['dy'] as [number, number];
    kernels.layerNormBackward(dy, params, normed, slopes, scales, dz!, rows, width);
  },
  webgpu: layerNormBackwardWebgpu,
});

/** [gradient of the flat parameters [2W]] */
const parameterGradient = defineKernel<object>({
  name: 'LayerNormParameterGradient',
  outputShapes: ({ dy }) => [[2 * (dy?.[1] as number)]],
  portable: (inputs, [out], _attributes, shapes) => {
    const { dy, normed, slopes } = inputs as Arrays<'dy' | 'normed' | 'slopes'>;
    const gradient = out as Float32Array;
    const [rows, width] = shapes['dy'] as [number, number];
    gradient.fill(0);
    for (let i = 0; i < rows * width; i++) {
      const du = (dy[i] as number) * (slopes[i] as number);
      gradient[i % width]! += du * (normed[i] as number);
      gradient[width + (i % width)]! += du;
    }
  },
  simd: ({ kernels }, inputs, [gradient], _attributes, shapes) => {
    const { dy, normed, slopes } = inputs as Pointers<'dy' | 'normed' | 'slopes'>;
    const [rows, width] = shapes['dy'] as [number, number];
    kernels.layerNormParameterGradient(dy, normed, slopes, gradient!, rows, width);
  },
  webgpu: layerNormGradientWebgpu,
});

/** The operation's passes as kernels; normed-mlp.ts uses them between the layers of a network. */
export const layerNormPasses = { forward, backward, parameterGradient } as const;

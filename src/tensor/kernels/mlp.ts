/**
 * A multilayer perceptron as one operation: Linear layers with Mish or ReLU between them. All parameters are in one flat
 * buffer, in PyTorch's layout (each layer's weight [out, in], then its bias [out]).
 */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { defineKernel } from '../define-kernel.ts';
import { backwardPass, forwardPass, parameterPass } from '../wasm/mlp-passes.ts';
import { withGradient } from '../with-gradient.ts';
import { activate } from '../activation.ts';
import { mlpBackwardWebgpu, mlpForwardWebgpu, mlpParameterGradientWebgpu } from '../webgpu/mlp.ts';
import { mlpLayout, type MlpLayer, type MlpSpec } from '../mlp-layout.ts';

/** y [B, out] = x [B, in] · weightᵀ, without the bias. */
function multiplyTransposed(
  x: Float32Array,
  weights: Float32Array,
  y: Float32Array,
  batch: number,
  inWidth: number,
  outWidth: number,
): void {
  for (let row = 0; row < batch; row++) {
    const xRow = x.subarray(row * inWidth, (row + 1) * inWidth);
    for (let n = 0; n < outWidth; n++) {
      const base = n * inWidth;
      let sum = 0;
      for (let k = 0; k < inWidth; k++) sum += (xRow[k] as number) * (weights[base + k] as number);
      y[row * outWidth + n] = sum;
    }
  }
}

interface ForwardAttributes extends MlpSpec {
  /** Whether to save what the backward pass needs. */
  keep: boolean;
}

/** [y [B, out], hidden activations, slopes]; the last two hold layer after layer, each [B, width]. */
const forwardKernel = defineKernel<ForwardAttributes>({
  name: 'MlpForward',
  outputShapes: ({ x }, spec) => {
    const batch = x?.[0] as number;
    const { outWidth, hiddenWidth } = mlpLayout(spec);
    return [[batch, outWidth], [batch * hiddenWidth], [spec.keep ? batch * hiddenWidth : 0]];
  },
  portable: ({ x, params }, [y, hidden, slopes], spec, shapes) => {
    const { layers } = mlpLayout(spec);
    const batch = shapes['x']?.[0] as number;
    let input = x as Float32Array;
    let offset = 0;
    layers.forEach((layer, i) => {
      const last = i === layers.length - 1;
      const size = batch * layer.out;
      const output = last ? (y as Float32Array) : (hidden as Float32Array).subarray(offset, offset + size);
      const weights = (params as Float32Array).subarray(layer.weights, layer.bias);
      multiplyTransposed(input, weights, output, batch, layer.in, layer.out);
      for (let j = 0; j < size; j++) {
        const z = (output[j] as number) + ((params as Float32Array)[layer.bias + (j % layer.out)] as number);
        if (last) {
          output[j] = z;
          continue;
        }
        const [value, slope] = activate(spec.activation, z);
        output[j] = value;
        if (spec.keep) (slopes as Float32Array)[offset + j] = slope;
      }
      input = output;
      offset += size;
    });
  },
  simd: (context, { x, params }, [y, hidden, slopes], { keep, ...spec }, shapes) => {
    const at = { x, params, y, hidden, slopes: keep ? slopes : 0 } as Record<
      'x' | 'params' | 'y' | 'hidden' | 'slopes',
      number
    >;
    forwardPass(context, spec, shapes['x']?.[0] as number, at);
  },
  webgpu: mlpForwardWebgpu,
});

/** [dx [B, in], deltas: the gradient before each hidden activation, in the layout of the activations]. */
const backwardKernel = defineKernel<MlpSpec>({
  name: 'MlpBackward',
  outputShapes: ({ dy }, spec) => {
    const batch = dy?.[0] as number;
    const { inWidth, hiddenWidth } = mlpLayout(spec);
    return [[batch, inWidth], [batch * hiddenWidth]];
  },
  portable: ({ dy, params, saved1: slopes }, [dx, deltas], spec, shapes) => {
    const { layers, hiddenWidth } = mlpLayout(spec);
    const batch = shapes['dy']?.[0] as number;
    let upper = dy as Float32Array;
    let offset = batch * hiddenWidth;
    for (let i = layers.length - 1; i >= 0; i--) {
      const layer = layers[i] as MlpLayer;
      offset -= i > 0 ? batch * layer.in : 0;
      const lower = i > 0 ? (deltas as Float32Array).subarray(offset, offset + batch * layer.in) : (dx as Float32Array);
      lower.fill(0);
      for (let row = 0; row < batch; row++) {
        for (let n = 0; n < layer.out; n++) {
          const d = upper[row * layer.out + n] as number;
          if (d === 0) continue;
          const base = layer.weights + n * layer.in;
          for (let k = 0; k < layer.in; k++) {
            lower[row * layer.in + k]! += d * ((params as Float32Array)[base + k] as number);
          }
        }
      }
      if (i > 0) for (let j = 0; j < lower.length; j++) lower[j]! *= (slopes as Float32Array)[offset + j] as number;
      upper = lower;
    }
  },
  simd: (context, { dy, params, saved1: slopes }, [dx, deltas], spec, shapes) => {
    const at = { dy, params, slopes, dx, deltas } as Record<'dy' | 'params' | 'slopes' | 'dx' | 'deltas', number>;
    backwardPass(context, spec, shapes['dy']?.[0] as number, at, [0, mlpLayout(spec).inWidth]);
  },
  webgpu: mlpBackwardWebgpu,
});

/** Gradient of the flat parameters. */
const parameterGradientKernel = defineKernel<MlpSpec>({
  name: 'MlpParameterGradient',
  outputShapes: (_shapes, spec) => [[mlpLayout(spec).parameterCount]],
  portable: ({ x, dy, saved0: hidden, delta0: deltas }, [gradient], spec, shapes) => {
    const { layers } = mlpLayout(spec);
    const batch = shapes['x']?.[0] as number;
    let offset = 0;
    let input = x as Float32Array;
    (gradient as Float32Array).fill(0);
    layers.forEach((layer, i) => {
      const size = batch * layer.out;
      const last = i === layers.length - 1;
      const upper = last ? (dy as Float32Array) : (deltas as Float32Array).subarray(offset, offset + size);
      for (let row = 0; row < batch; row++) {
        for (let n = 0; n < layer.out; n++) {
          const d = upper[row * layer.out + n] as number;
          (gradient as Float32Array)[layer.bias + n]! += d;
          if (d === 0) continue;
          const base = layer.weights + n * layer.in;
          for (let k = 0; k < layer.in; k++) {
            (gradient as Float32Array)[base + k]! += d * (input[row * layer.in + k] as number);
          }
        }
      }
      input = last ? input : (hidden as Float32Array).subarray(offset, offset + size);
      offset += size;
    });
  },
  simd: (context, { x, dy, saved0: hidden, delta0: deltas }, [gradient], spec, shapes) => {
    const at = { x, dy, hidden, deltas, gradient } as Record<'x' | 'dy' | 'hidden' | 'deltas' | 'gradient', number>;
    parameterPass(context, spec, shapes['x']?.[0] as number, at);
  },
  webgpu: mlpParameterGradientWebgpu,
});

/** The single passes, for a network with other operations between its layers. */
export const mlpPasses = {
  forward: forwardKernel,
  backward: backwardKernel,
  parameterGradient: parameterGradientKernel,
} as const;

/** Tensors by a prefix and their index. */
export function numbered(prefix: string, tensors: readonly Tensor[]): Record<string, Tensor> {
  return Object.fromEntries(tensors.map((tensor, i) => [`${prefix}${i}`, tensor]));
}

/** @throws Error if the width of the input or the number of parameters does not match the spec. */
export function checkMlp(width: number, params: Tensor, spec: MlpSpec): void {
  const { inWidth, parameterCount } = mlpLayout(spec);
  if (width !== inWidth) throw new Error(`The MLP takes rows of ${inWidth}, not of ${width}.`);
  if (params.size !== parameterCount) {
    throw new Error(`The MLP has ${parameterCount} parameters, not ${params.size}.`);
  }
}

/**
 * y [B, out] of x [B, in] under flat parameters [P]. Differentiable in x and in the parameters.
 * @throws Error if a width does not match.
 */
export function mlp(x: Tensor2D, params: Tensor, spec: MlpSpec): Tensor2D {
  checkMlp(x.shape[1], params, spec);
  return withGradient(
    { x, params },
    (keep) => {
      const [y, ...kept] = forwardKernel({ x, params }, { ...spec, keep });
      return { result: y as Tensor, saved: { x, params, ...numbered('saved', kept) } };
    },
    (dy, { x, params, ...saved }) => {
      const { sizes, activation } = spec;
      const [dx, ...deltas] = backwardKernel({ dy, params, ...saved }, { sizes, activation });
      const given = { x, dy, ...saved, ...numbered('delta', deltas) };
      return {
        x: () => dx as Tensor,
        params: () => parameterGradientKernel(given, { sizes, activation })[0] as Tensor,
      };
    },
  ) as Tensor2D;
}

/**
 * The MLP on WebGPU: one dispatch a layer. What is kept for the backward pass is each hidden layer's value before its
 * activation (`saved0`, `saved1`, …); the activation is taken again where it is read, which is cheaper on a GPU than
 * another buffer.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { int, runProgram } from '../webgpu-program.ts';
import { mlpLayout, type Activation, type MlpSpec } from './mlp.ts';

type Inputs = Readonly<Record<string, TensorInfo>>;

/** Side of the square tiles of the matrix products. */
const TILE = 16;

/** `fn activation(z)` and `fn slope(z)`; `none` is the identity. */
function activationWgsl(activation: Activation | 'none'): string {
  if (activation === 'none') return 'fn activation(z : f32) -> f32 { return z; }';
  if (activation === 'relu') {
    return `fn activation(z : f32) -> f32 { return max(z, 0.0); }
      fn slope(z : f32) -> f32 { return select(0.0, 1.0, z > 0.0); }`;
  }
  return `fn activation(z : f32) -> f32 {
      let e = exp(min(z, 20.0));
      let n = e * (e + 2.0);
      return z * (n / (n + 2.0));
    }
    fn slope(z : f32) -> f32 {
      let e = exp(min(z, 20.0));
      let n = e * (e + 2.0);
      let r = 1.0 / (n + 2.0);
      return n * r + z * 4.0 * (e * r) * ((e + 1.0) * r);
    }`;
}

/**
 * A tiled product C [rows, columns] = Σ_k left(row, k) · right(k, column), then `store(row, column, sum)`. The WGSL
 * given declares the three functions.
 */
function tiledProduct(functions: string): string {
  return `
    var<workgroup> leftTile : array<array<f32, ${TILE}>, ${TILE}>;
    var<workgroup> rightTile : array<array<f32, ${TILE}>, ${TILE}>;
    ${functions}
    fn main() {
      let row = i32(globalId.y);
      let column = i32(globalId.x);
      let y = i32(localId.y);
      let x = i32(localId.x);
      var sum = 0.0;
      for (var k0 = 0; k0 < uniforms.depth; k0 += ${TILE}) {
        leftTile[y][x] = left(row, k0 + x);
        rightTile[y][x] = right(k0 + y, column);
        workgroupBarrier();
        for (var k = 0; k < ${TILE}; k++) { sum += leftTile[y][k] * rightTile[k][x]; }
        workgroupBarrier();
      }
      if (row < uniforms.rows && column < uniforms.columns) { store(row, column, sum); }
    }`;
}

function product(
  backend: WebGPUBackend,
  key: string,
  functions: string,
  inputs: Inputs,
  size: { rows: number; columns: number; depth: number },
  offsets: Record<string, number>,
  output: readonly number[] | TensorInfo,
): TensorInfo {
  const uniforms: Record<string, ReturnType<typeof int>> = {};
  for (const [name, value] of Object.entries({ ...size, ...offsets })) uniforms[name] = int(value);
  return runProgram(backend, {
    key,
    inputs,
    uniforms,
    output,
    workgroupSize: [TILE, TILE, 1],
    workgroups: [Math.ceil(size.columns / TILE), Math.ceil(size.rows / TILE)],
    wgsl: tiledProduct(functions),
  });
}

/** [y, then each hidden layer's value before its activation]. */
export function mlpForwardWebgpu(backend: WebGPUBackend, inputs: Inputs, spec: MlpSpec): TensorInfo[] {
  const { layers } = mlpLayout(spec);
  const params = inputs['params'] as TensorInfo;
  let input = inputs['x'] as TensorInfo;
  const rows = input.shape[0] as number;
  const outputs = layers.map((layer, i) => {
    const activation = i === 0 ? 'none' : spec.activation;
    input = product(
      backend,
      `mlpForward-${activation}`,
      `${activationWgsl(activation)}
      fn left(row : i32, k : i32) -> f32 {
        if (row >= uniforms.rows || k >= uniforms.depth) { return 0.0; }
        return activation(X[row * uniforms.depth + k]);
      }
      fn right(k : i32, column : i32) -> f32 {
        if (column >= uniforms.columns || k >= uniforms.depth) { return 0.0; }
        return P[uniforms.weights + column * uniforms.depth + k];
      }
      fn store(row : i32, column : i32, sum : f32) {
        result[row * uniforms.columns + column] = sum + P[uniforms.bias + column];
      }`,
      { X: input, P: params },
      { rows, columns: layer.out, depth: layer.in },
      { weights: layer.weights, bias: layer.bias },
      [rows, layer.out],
    );
    return input;
  });
  return [outputs.at(-1) as TensorInfo, ...outputs.slice(0, -1)];
}

/** [dx, then the gradient before each hidden activation]. */
export function mlpBackwardWebgpu(backend: WebGPUBackend, inputs: Inputs, spec: MlpSpec): TensorInfo[] {
  const { layers } = mlpLayout(spec);
  const params = inputs['params'] as TensorInfo;
  let upper = inputs['dy'] as TensorInfo;
  const rows = upper.shape[0] as number;
  const deltas: TensorInfo[] = [];
  for (let i = layers.length - 1; i >= 0; i--) {
    const layer = layers[i] as (typeof layers)[number];
    const hidden = i > 0;
    const activation = hidden ? spec.activation : 'none';
    upper = product(
      backend,
      `mlpBackward-${activation}`,
      `${activationWgsl(activation)}
      fn left(row : i32, k : i32) -> f32 {
        if (row >= uniforms.rows || k >= uniforms.depth) { return 0.0; }
        return D[row * uniforms.depth + k];
      }
      fn right(k : i32, column : i32) -> f32 {
        if (column >= uniforms.columns || k >= uniforms.depth) { return 0.0; }
        return P[uniforms.weights + k * uniforms.columns + column];
      }
      fn store(row : i32, column : i32, sum : f32) {
        let at = row * uniforms.columns + column;
        result[at] = ${hidden ? 'sum * slope(Z[at])' : 'sum'};
      }`,
      { D: upper, P: params, ...(hidden ? { Z: inputs[`saved${i - 1}`] as TensorInfo } : {}) },
      { rows, columns: layer.in, depth: layer.out },
      { weights: layer.weights },
      [rows, layer.in],
    );
    deltas.unshift(upper);
  }
  return deltas;
}

/** [gradient of the flat parameters]: each layer's dispatch writes its own segment. */
export function mlpParameterGradientWebgpu(backend: WebGPUBackend, inputs: Inputs, spec: MlpSpec): TensorInfo[] {
  const { layers, parameterCount } = mlpLayout(spec);
  const gradient = backend.makeTensorInfo([parameterCount], 'float32');
  const batch = (inputs['x'] as TensorInfo).shape[0] as number;
  layers.forEach((layer, i) => {
    const activation = i === 0 ? 'none' : spec.activation;
    const input = (i === 0 ? inputs['x'] : inputs[`saved${i - 1}`]) as TensorInfo;
    const upper = (i === layers.length - 1 ? inputs['dy'] : inputs[`delta${i}`]) as TensorInfo;
    // The column past the last input is a constant 1: its product is the bias gradient.
    product(
      backend,
      `mlpParameterGradient-${activation}`,
      `${activationWgsl(activation)}
      fn left(row : i32, k : i32) -> f32 {
        if (row >= uniforms.rows || k >= uniforms.depth) { return 0.0; }
        return D[k * uniforms.rows + row];
      }
      fn right(k : i32, column : i32) -> f32 {
        let width = uniforms.columns - 1;
        if (column > width || k >= uniforms.depth) { return 0.0; }
        if (column == width) { return 1.0; }
        return activation(X[k * width + column]);
      }
      fn store(row : i32, column : i32, sum : f32) {
        let width = uniforms.columns - 1;
        if (column == width) { result[uniforms.bias + row] = sum; }
        else { result[uniforms.weights + row * width + column] = sum; }
      }`,
      { D: upper, X: input },
      { rows: layer.out, columns: layer.in + 1, depth: batch },
      { weights: layer.weights, bias: layer.bias },
      gradient,
    );
  });
  return [gradient];
}

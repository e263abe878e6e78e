/**
 * A multilayer perceptron with tanh between its layers, forward and backward in plain float64 loops, for small networks
 * that learn in a thread without a tensor library, next to the physics. Parameters are flat in PyTorch's layout (each layer's
 * weight [out, in], then its bias [out]), as in `plain-mlp.ts`.
 */
import { parameterCount } from './plain-mlp.ts';

export class TanhMlp {
  /** Widths from input to output: [in, hidden…, out]. */
  readonly sizes: readonly number[];
  readonly params: Float64Array;
  /** The gradient of the last `backward`, in the layout of `params`. */
  readonly gradient: Float64Array;
  readonly #layers: readonly Layer[];

  /**
   * @param params used without a copy, so that updates by an optimiser take effect.
   * @param gradient output of `backward`.
   * @param rows largest number of rows of a batch.
   * @throws Error if the number of parameters does not match the widths.
   */
  constructor(sizes: readonly number[], params: Float64Array, gradient: Float64Array, rows: number) {
    const count = parameterCount(sizes);
    if (params.length !== count || gradient.length !== count) {
      throw new Error(
        `An MLP of widths ${sizes.join(', ')} has ${count} parameters; these are ${params.length}, of gradients ${gradient.length}.`,
      );
    }
    this.sizes = sizes;
    this.params = params;
    this.gradient = gradient;
    let offset = 0;
    this.#layers = sizes.slice(1).map((outWidth, i) => {
      const inWidth = sizes[i]!;
      const part = (array: Float64Array, begin: number, length: number) => array.subarray(begin, begin + length);
      const weights = inWidth * outWidth;
      const layer: Layer = {
        inWidth,
        outWidth,
        weight: part(params, offset, weights),
        bias: part(params, offset + weights, outWidth),
        weightGradient: part(gradient, offset, weights),
        biasGradient: part(gradient, offset + weights, outWidth),
        input: new Float64Array(rows * inWidth),
        output: new Float64Array(rows * outWidth),
        outputGradient: new Float64Array(rows * outWidth),
        transposedInput: new Float64Array(rows * inWidth),
        transposedGradient: new Float64Array(rows * outWidth),
        transposedWeight: new Float64Array(weights),
      };
      offset += weights + outWidth;
      return layer;
    });
  }

  /** y [rows, out] of x [rows, in]; the next call overwrites it. `backward` refers to the last call. */
  forward(x: Float64Array, rows: number): Float64Array {
    let input = x;
    this.#layers.forEach((layer, i) => {
      const { inWidth, outWidth, weight, bias, output } = layer;
      layer.input = input;
      multiply(input, weight, output, rows, outWidth, inWidth);
      const hidden = i + 1 < this.#layers.length;
      for (let row = 0, at = 0; row < rows; row++) {
        for (let n = 0; n < outWidth; n++, at++) {
          const sum = output[at]! + bias[n]!;
          output[at] = hidden ? Math.tanh(sum) : sum;
        }
      }
      input = output;
    });
    return input;
  }

  /**
   * Writes the gradient of a loss with respect to the parameters to `gradient`.
   *
   * @param outputGradient [rows, out], the loss's gradient with respect to the last forward's outputs.
   */
  backward(outputGradient: Float64Array, rows: number): void {
    let upper = outputGradient;
    for (let i = this.#layers.length - 1; i >= 0; i--) {
      const layer = this.#layers[i]!;
      const { inWidth, outWidth, input } = layer;
      transpose(upper, layer.transposedGradient, rows, outWidth);
      transpose(input, layer.transposedInput, rows, inWidth);
      multiply(layer.transposedGradient, layer.transposedInput, layer.weightGradient, outWidth, inWidth, rows);
      for (let n = 0, at = 0; n < outWidth; n++) {
        let sum = 0;
        for (let row = 0; row < rows; row++) sum += layer.transposedGradient[at++]!;
        layer.biasGradient[n] = sum;
      }
      if (i === 0) return;
      const lower = this.#layers[i - 1]!.outputGradient;
      transpose(layer.weight, layer.transposedWeight, outWidth, inWidth);
      multiply(upper, layer.transposedWeight, lower, rows, inWidth, outWidth);
      for (let at = 0; at < rows * inWidth; at++) lower[at]! *= 1 - input[at]! ** 2;
      upper = lower;
    }
  }
}

interface Layer {
  readonly inWidth: number;
  readonly outWidth: number;
  /** [out, in] */
  readonly weight: Float64Array;
  readonly bias: Float64Array;
  readonly weightGradient: Float64Array;
  readonly biasGradient: Float64Array;
  /** Input of the last forward, [rows, in]. */
  input: Float64Array;
  /** After tanh, except in the last layer, [rows, out]. */
  readonly output: Float64Array;
  /** Gradient of the values before tanh, [rows, out]. */
  readonly outputGradient: Float64Array;
  readonly transposedInput: Float64Array;
  readonly transposedGradient: Float64Array;
  readonly transposedWeight: Float64Array;
}

/** out [columns, rows] of matrix [rows, columns]. */
function transpose(matrix: Float64Array, out: Float64Array, rows: number, columns: number): void {
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) out[column * rows + row] = matrix[at++]!;
  }
}

/**
 * c [m, n] = a [m, k] · bᵀ, b [n, k]. Eight sums at a time, since the additions of one sum depend on each other and eight
 * sums share loads. Float64, since a float32 array costs a conversion at every load.
 */
function multiply(a: Float64Array, b: Float64Array, c: Float64Array, m: number, n: number, k: number): void {
  const [wholeRows, wholeColumns] = [m - (m % 2), n - (n % 4)];
  for (let i = 0; i < wholeRows; i += 2) {
    for (let j = 0; j < wholeColumns; j += 4) block(a, b, c, i, j, n, k);
  }
  for (let i = 0; i < m; i++) {
    for (let j = i < wholeRows ? wholeColumns : 0; j < n; j++) {
      let sum = 0;
      for (let q = 0; q < k; q++) sum += a[i * k + q]! * b[j * k + q]!;
      c[i * n + j] = sum;
    }
  }
}

/** Two rows and four columns of `multiply`, from [i, j] on. */
function block(a: Float64Array, b: Float64Array, c: Float64Array, i: number, j: number, n: number, k: number): void {
  const a0 = i * k;
  const a1 = a0 + k;
  const b0 = j * k;
  const b1 = b0 + k;
  const b2 = b1 + k;
  const b3 = b2 + k;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let t0 = 0;
  let t1 = 0;
  let t2 = 0;
  let t3 = 0;
  for (let q = 0; q < k; q++) {
    const v = a[a0 + q]!;
    const u = a[a1 + q]!;
    const w0 = b[b0 + q]!;
    const w1 = b[b1 + q]!;
    const w2 = b[b2 + q]!;
    const w3 = b[b3 + q]!;
    s0 += v * w0;
    s1 += v * w1;
    s2 += v * w2;
    s3 += v * w3;
    t0 += u * w0;
    t1 += u * w1;
    t2 += u * w2;
    t3 += u * w3;
  }
  const at = i * n + j;
  c[at] = s0;
  c[at + 1] = s1;
  c[at + 2] = s2;
  c[at + 3] = s3;
  c[at + n] = t0;
  c[at + n + 1] = t1;
  c[at + n + 2] = t2;
  c[at + n + 3] = t3;
}

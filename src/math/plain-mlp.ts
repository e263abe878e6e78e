/**
 * The forward pass of a multilayer perceptron in plain code, float32 at every layer, for threads without a tensor library
 * such as rollout workers. Parameters are flat in PyTorch's layout (each layer's weight [out, in], then its bias [out]).
 */

export interface PlainMlp {
  /** Widths from input to output: [in, hidden…, out]. */
  readonly sizes: readonly number[];
  /** Between layers; none after the last. */
  readonly activation: 'mish' | 'relu' | 'tanh';
  /** A layer normalisation before each activation. Its gain and bias follow the layer's bias in `params`. */
  readonly norm?: 'layer';
  readonly params: Float32Array;
}

/** PyTorch's ε of a layer normalisation. */
export const LAYER_NORM_EPSILON = 1e-5;

/** Above this, mish is the identity in float32. */
const MISH_LINEAR = 20;

export class PlainMlpRunner {
  readonly inWidth: number;
  readonly outWidth: number;
  readonly #mlp: PlainMlp;
  readonly #buffers: [Float32Array, Float32Array];

  /**
   * @param rows largest number of rows of a run.
   * @throws Error if the number of parameters does not match the widths.
   */
  constructor(mlp: PlainMlp, rows: number) {
    const { sizes, params, norm } = mlp;
    const count = parameterCount(sizes, norm);
    if (params.length !== count) {
      throw new Error(`An MLP of widths ${sizes.join(', ')} has ${count} parameters; these are ${params.length}.`);
    }
    this.#mlp = mlp;
    this.inWidth = sizes[0]!;
    this.outWidth = sizes.at(-1)!;
    const widest = Math.max(...sizes.slice(1));
    this.#buffers = [new Float32Array(rows * widest), new Float32Array(rows * widest)];
  }

  /** y [rows, out] of x [rows, in]; the next run overwrites the result. */
  run(x: Float32Array, rows: number): Float32Array {
    const { sizes, activation, params, norm } = this.#mlp;
    let input = x;
    let offset = 0;
    for (let layer = 0; layer + 1 < sizes.length; layer++) {
      const inWidth = sizes[layer]!;
      const outWidth = sizes[layer + 1]!;
      const output = this.#buffers[layer % 2]!;
      const hidden = layer + 2 < sizes.length;
      const layerParams = params.subarray(offset, offset + (inWidth + 1) * outWidth);
      offset += layerParams.length;
      let row = 0;
      for (; row + 1 < rows; row += 2) twoRows(input, layerParams, output, inWidth, outWidth, row);
      if (row < rows) oneRow(input, layerParams, output, inWidth, outWidth, row);
      if (hidden && norm) {
        normalise(output, rows, { width: outWidth, stride: outWidth }, params.subarray(offset));
        offset += 2 * outWidth;
      }
      if (hidden) activate(activation, output, rows * outWidth);
      input = output;
    }
    return input.subarray(0, rows * this.outWidth);
  }
}

/** Number of parameters of an MLP, with or without layer normalisations. */
export function parameterCount(sizes: readonly number[], norm?: PlainMlp['norm']): number {
  let count = 0;
  for (let i = 0; i + 1 < sizes.length; i++) count += (sizes[i]! + 1) * sizes[i + 1]!;
  return norm ? count + 2 * sizes.slice(1, -1).reduce((sum, width) => sum + width, 0) : count;
}

/**
 * Layer normalisation (Ba et al., 2016) in place, of rows that begin `stride` apart.
 *
 * @param params the gain [width], then the bias [width].
 */
export function normalise(
  y: Float32Array,
  rows: number,
  { width, stride }: { width: number; stride: number },
  params: Float32Array,
): void {
  for (let row = 0; row < rows; row++) {
    const from = row * stride;
    let mean = 0;
    for (let c = 0; c < width; c++) mean += y[from + c]!;
    mean /= width;
    let variance = 0;
    for (let c = 0; c < width; c++) variance += (y[from + c]! - mean) ** 2;
    const scale = 1 / Math.sqrt(variance / width + LAYER_NORM_EPSILON);
    for (let c = 0; c < width; c++) y[from + c] = (y[from + c]! - mean) * scale * params[c]! + params[width + c]!;
  }
}

/** One row through a Linear layer, four sums at a time, since the additions of one sum depend on each other. */
function oneRow(x: Float32Array, p: Float32Array, y: Float32Array, inWidth: number, outWidth: number, row: number) {
  const at = row * inWidth;
  const to = row * outWidth;
  const bias = inWidth * outWidth;
  let n = 0;
  for (; n + 3 < outWidth; n += 4) {
    let [s0, s1, s2, s3] = [p[bias + n]!, p[bias + n + 1]!, p[bias + n + 2]!, p[bias + n + 3]!];
    const w0 = n * inWidth;
    const w1 = w0 + inWidth;
    const w2 = w1 + inWidth;
    const w3 = w2 + inWidth;
    for (let k = 0; k < inWidth; k++) {
      const v = x[at + k]!;
      s0 += v * p[w0 + k]!;
      s1 += v * p[w1 + k]!;
      s2 += v * p[w2 + k]!;
      s3 += v * p[w3 + k]!;
    }
    y[to + n] = s0;
    y[to + n + 1] = s1;
    y[to + n + 2] = s2;
    y[to + n + 3] = s3;
  }
  for (; n < outWidth; n++) {
    let sum = p[bias + n]!;
    for (let k = 0; k < inWidth; k++) sum += x[at + k]! * p[n * inWidth + k]!;
    y[to + n] = sum;
  }
}

/** The same for a row and the next one, which share the loads of the weights. */
function twoRows(x: Float32Array, p: Float32Array, y: Float32Array, inWidth: number, outWidth: number, row: number) {
  const at = row * inWidth;
  const next = at + inWidth;
  const to = row * outWidth;
  const toNext = to + outWidth;
  const bias = inWidth * outWidth;
  let n = 0;
  for (; n + 3 < outWidth; n += 4) {
    let [s0, s1, s2, s3] = [p[bias + n]!, p[bias + n + 1]!, p[bias + n + 2]!, p[bias + n + 3]!];
    let [t0, t1, t2, t3] = [s0, s1, s2, s3];
    const w0 = n * inWidth;
    const w1 = w0 + inWidth;
    const w2 = w1 + inWidth;
    const w3 = w2 + inWidth;
    for (let k = 0; k < inWidth; k++) {
      const v = x[at + k]!;
      const u = x[next + k]!;
      const [a0, a1, a2, a3] = [p[w0 + k]!, p[w1 + k]!, p[w2 + k]!, p[w3 + k]!];
      s0 += v * a0;
      s1 += v * a1;
      s2 += v * a2;
      s3 += v * a3;
      t0 += u * a0;
      t1 += u * a1;
      t2 += u * a2;
      t3 += u * a3;
    }
    y[to + n] = s0;
    y[to + n + 1] = s1;
    y[to + n + 2] = s2;
    y[to + n + 3] = s3;
    y[toNext + n] = t0;
    y[toNext + n + 1] = t1;
    y[toNext + n + 2] = t2;
    y[toNext + n + 3] = t3;
  }
  for (; n < outWidth; n++) {
    let [s, t] = [p[bias + n]!, p[bias + n]!];
    for (let k = 0; k < inWidth; k++) {
      const w = p[n * inWidth + k]!;
      s += x[at + k]! * w;
      t += x[next + k]! * w;
    }
    y[to + n] = s;
    y[toNext + n] = t;
  }
}

function activate(activation: PlainMlp['activation'], y: Float32Array, count: number): void {
  if (activation === 'relu') {
    for (let i = 0; i < count; i++) if (y[i]! < 0) y[i] = 0;
    return;
  }
  if (activation === 'tanh') {
    for (let i = 0; i < count; i++) y[i] = Math.tanh(y[i]!);
    return;
  }
  for (let i = 0; i < count; i++) {
    // x · tanh(softplus(x)) with one exponential.
    const x = y[i]!;
    const e = Math.exp(Math.min(x, MISH_LINEAR));
    const n = e * (e + 2);
    y[i] = (x * n) / (n + 2);
  }
}

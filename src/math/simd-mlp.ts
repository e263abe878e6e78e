/**
 * The forward pass of a multilayer perceptron in WebAssembly with SIMD, for threads without a tensor library; several times
 * as fast as plain-mlp.ts. A row's result does not depend on the number of rows, and is the same on every machine with SIMD.
 */
import { ACTING_KERNELS } from './acting-kernels.generated.ts';
import { PlainMlpRunner, normalise, parameterCount, type PlainMlp } from './plain-mlp.ts';

/** Runs an MLP: y [rows, out] of x [rows, in]; the next run overwrites the result. */
export interface MlpRunner {
  readonly inWidth: number;
  readonly outWidth: number;
  run(x: Float32Array, rows: number): Float32Array;
}

/** Exports of src/tensor/wasm/assembly/acting.ts; pointers are byte offsets. */
interface ActingKernels {
  setConstants(): void;
  linear(x: number, weights: number, bias: number, y: number, rows: number, inWidth: number, outWidth: number): void;
  activate(activation: number, y: number, count: number): void;
}

/** Codes of the kernels' activations, equal to those of assembly/activation.ts. */
const ACTIVATION_CODE: Readonly<Partial<Record<PlainMlp['activation'], number>>> = { mish: 1, relu: 2 };
/** Columns of a panel of weights. Widths are padded to whole panels with zeros. */
const PANEL = 8;
const PAGE_BYTES = 65_536;
/** First byte of our data: the compiler reserves the memory below. */
const FIRST_BYTE = 1024;

let compiled: WebAssembly.Module | null | undefined;

/** The kernels, or null without WebAssembly SIMD. */
function kernelModule(): WebAssembly.Module | null {
  if (compiled !== undefined) return compiled;
  const bytes = Uint8Array.from(atob(ACTING_KERNELS), (char) => char.charCodeAt(0));
  // The module is small enough for synchronous compilation in any thread.
  compiled = typeof WebAssembly === 'object' && WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null;
  return compiled;
}

/** The machine's fastest runner for an MLP of at most `rows` rows. */
export function fastRunner(mlp: PlainMlp, rows: number): MlpRunner {
  const has = kernelModule() !== null && ACTIVATION_CODE[mlp.activation] !== undefined;
  return has ? new SimdMlpRunner(mlp, rows) : new PlainMlpRunner(mlp, rows);
}

interface Layer {
  readonly inWidth: number;
  /** Padded to whole panels. */
  readonly outWidth: number;
  /** Pointers. */
  readonly weights: number;
  readonly bias: number;
  /** The layer normalisation that follows, with its gain and bias. */
  readonly norm: { readonly width: number; readonly params: Float32Array } | null;
}

export class SimdMlpRunner implements MlpRunner {
  readonly inWidth: number;
  readonly outWidth: number;
  readonly #kernels: ActingKernels;
  readonly #activation: number;
  readonly #layers: readonly Layer[];
  readonly #memory: WebAssembly.Memory;
  /** Pointers to the input, and to two buffers that the layers write alternately. */
  readonly #input: number;
  readonly #buffers: readonly [number, number];
  readonly #output: Float32Array;
  readonly #rows: number;

  /**
   * @param rows largest number of rows of a run.
   * @throws Error if the number of parameters does not match the widths, or if the machine has no WebAssembly SIMD or the
   *   kernels lack the activation.
   */
  constructor(mlp: PlainMlp, rows: number) {
    const { sizes, params, norm, activation } = mlp;
    const module = kernelModule();
    if (!module) throw new Error('This machine has no WebAssembly with SIMD.');
    const code = ACTIVATION_CODE[activation];
    if (code === undefined) throw new Error(`There is no SIMD kernel of ${activation}.`);
    const count = parameterCount(sizes, norm);
    if (params.length !== count) {
      throw new Error(`An MLP of widths ${sizes.join(', ')} has ${count} parameters; these are ${params.length}.`);
    }
    this.inWidth = sizes[0]!;
    this.outWidth = sizes.at(-1)!;
    this.#rows = rows;
    this.#activation = code;
    this.#output = new Float32Array(rows * this.outWidth);

    const widest = Math.max(...sizes.slice(1).map(padded));
    let end = FIRST_BYTE;
    const place = (floats: number) => {
      const start = end;
      // Aligned vector loads are fastest.
      end += Math.ceil(floats / 4) * 16;
      return start;
    };
    this.#input = place(rows * this.inWidth);
    this.#buffers = [place(rows * widest), place(rows * widest)];
    const layers = sizes.slice(1).map((out, i) => {
      const inWidth = widthInto(sizes, i);
      return { inWidth, outWidth: padded(out), weights: place(padded(out) * inWidth), bias: place(padded(out)) };
    });
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(end / PAGE_BYTES) });
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    this.#kernels = instance.exports as unknown as ActingKernels;
    this.#kernels.setConstants();
    this.#layers = this.#fill(mlp, layers);
  }

  /**
   * y [rows, out] of x [rows, in]; the next run overwrites the result.
   *
   * @throws Error if there are more rows than the constructor allowed.
   */
  run(x: Float32Array, rows: number): Float32Array {
    if (rows > this.#rows) throw new Error(`This runner takes ${this.#rows} rows at most, not ${rows}.`);
    const kernels = this.#kernels;
    const memory = this.#memory;
    new Float32Array(memory.buffer, this.#input, rows * this.inWidth).set(x.subarray(0, rows * this.inWidth));
    let from = this.#input;
    this.#layers.forEach(({ inWidth, outWidth, weights, bias, norm }, i) => {
      const to = this.#buffers[i % 2]!;
      kernels.linear(from, weights, bias, to, rows, inWidth, outWidth);
      const hidden = i + 1 < this.#layers.length;
      if (norm) {
        const y = new Float32Array(memory.buffer, to, rows * outWidth);
        normalise(y, rows, { width: norm.width, stride: outWidth }, norm.params);
      }
      if (hidden) kernels.activate(this.#activation, to, rows * outWidth);
      from = to;
    });
    const output = this.#output;
    const { outWidth } = this;
    const stride = padded(outWidth);
    const y = new Float32Array(memory.buffer, from, rows * stride);
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < outWidth; c++) output[row * outWidth + c] = y[row * stride + c]!;
    }
    return output.subarray(0, rows * outWidth);
  }

  /** Copies the parameters into the kernels' memory layout. */
  #fill({ sizes, params, norm }: PlainMlp, layers: readonly Omit<Layer, 'norm'>[]): Layer[] {
    let offset = 0;
    return layers.map((layer, i) => {
      const { inWidth, outWidth } = layer;
      const [own, out] = [sizes[i]!, sizes[i + 1]!];
      const weights = new Float32Array(this.#memory.buffer, layer.weights, inWidth * outWidth);
      for (let n = 0; n < out; n++) {
        const panel = Math.floor(n / PANEL) * PANEL * inWidth + (n % PANEL);
        for (let k = 0; k < own; k++) weights[panel + k * PANEL] = params[offset + n * own + k]!;
      }
      offset += own * out;
      new Float32Array(this.#memory.buffer, layer.bias, out).set(params.subarray(offset, offset + out));
      offset += out;
      if (!norm || i + 1 === layers.length) return { ...layer, norm: null };
      const normParams = params.slice(offset, offset + 2 * out);
      offset += 2 * out;
      return { ...layer, norm: { width: out, params: normParams } };
    });
  }
}

function padded(width: number): number {
  return Math.ceil(width / PANEL) * PANEL;
}

/** Width of a layer's input in memory, padded except for the first. */
function widthInto(sizes: readonly number[], layer: number): number {
  return layer === 0 ? sizes[0]! : padded(sizes[layer]!);
}

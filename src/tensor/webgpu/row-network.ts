/**
 * An MLP as the kernels take rows of a batch through it: what its layers are in groups of four, and where what is kept for
 * the backward pass stands.
 *
 * That is one buffer, region after region, each [rows, width]: the input, then of each hidden layer its activation and
 * its slope, then whatever the kernel adds. The gradients before each hidden activation, and that of the output, make up
 * another.
 */
import { mlpLayout, type MlpLayer, type MlpSpec } from '../mlp-layout.ts';
import { rowTiling, type RowTiling } from './tiling.ts';

/** Groups of four that hold `width` values. */
export function groups(width: number): number {
  return Math.ceil(width / 4);
}

export interface RowNetwork {
  spec: MlpSpec;
  layers: MlpLayer[];
  inWidth: number;
  outWidth: number;
  tiling: RowTiling;
  /** Widths in groups of four: of the input, each hidden layer, the output, and the widest. */
  input: number;
  hidden: number[];
  output: number;
  widest: number;
  /** Groups a row keeps: input, activations and slopes. */
  keptWidth: number;
  /** Groups a row has gradients in: hidden layers and output. */
  deltaWidth: number;
}

export function rowNetwork(spec: MlpSpec): RowNetwork {
  const { layers, inWidth, outWidth } = mlpLayout(spec);
  const hidden = layers.slice(0, -1).map((layer) => groups(layer.out));
  const input = groups(inWidth);
  const output = groups(outWidth);
  const widest = Math.max(input, ...hidden);
  const sum = hidden.reduce((a, b) => a + b, 0);
  return {
    spec,
    layers,
    inWidth,
    outWidth,
    tiling: rowTiling([input, ...hidden, output]),
    input,
    hidden,
    output,
    widest,
    keptWidth: input + 2 * sum,
    deltaWidth: sum + output,
  };
}

/** Groups before a region of what is kept, a row: to be multiplied by the number of rows. */
export function keptBase({ input, hidden }: RowNetwork, layer: number, what: 'activation' | 'slope'): number {
  const before = hidden.slice(0, layer).reduce((a, b) => a + 2 * b, input);
  return what === 'activation' ? before : before + (hidden[layer] as number);
}

/** Groups before the gradient of a hidden layer, or of the output (layer = number of hidden layers), a row. */
export function deltaBase({ hidden }: RowNetwork, layer: number): number {
  return hidden.slice(0, layer).reduce((a, b) => a + b, 0);
}

export const range = (count: number) => Array.from({ length: count }, (_, i) => i);
export const lines = (parts: readonly string[]) => parts.join('\n');

/** Four weights of a row from a group on. Columns past the row's end are multiplied by padding, which is 0. */
export function weights(layer: MlpLayer, row: string, group: string): string {
  if (layer.in % 4 === 0 && layer.weights % 4 === 0) {
    return `P4[${layer.weights / 4}u + (${row}) * ${layer.in / 4}u + (${group})]`;
  }
  const at = `${layer.weights}u + (${row}) * ${layer.in}u + 4u * (${group})`;
  return `vec4<f32>(P[${at}], P[${at} + 1u], P[${at} + 2u], P[${at} + 3u])`;
}

/** Zeroes the columns past a width that is no multiple of four. */
export function within(value: string, group: string, width: number): string {
  if (width % 4 === 0) return value;
  return `select(vec4<f32>(0.0), ${value}, 4u * (${group}) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(${width}u))`;
}

/** Where a kernel keeps what the backward pass needs, row by row. */
export interface RowBuffer {
  /** The buffer's rows: each region is that long. */
  count: string;
  /** The buffer's row of the workgroup's r-th. */
  row: (r: string) => string;
  /** Whether the workgroup's r-th row is part of the batch. */
  valid: (r: string) => string;
  /** Whether nobody asks for the gradients in between: `deltas` is not written then. */
  inputOnly?: boolean;
}

/**
 * An MLP as the row kernels compute it: its layers in groups of four, and the layout of what the backward pass needs.
 *
 * The buffer `kept` is a sequence of matrices [rows, width]: the input, each hidden layer's activation and slope, then
 * whatever the kernel adds. The buffer `deltas` has the gradients before each hidden activation, and that of the
 * output.
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
  /** Groups a row in `kept`: input, activations and slopes. */
  keptWidth: number;
  /** Groups a row in `deltas`: hidden layers and output. */
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

/** Offset of a matrix in `kept`, in groups a row: to be multiplied by the number of rows. */
export function keptBase({ input, hidden }: RowNetwork, layer: number, what: 'activation' | 'slope'): number {
  const before = hidden.slice(0, layer).reduce((a, b) => a + 2 * b, input);
  return what === 'activation' ? before : before + (hidden[layer] as number);
}

/** The same for the gradient of a hidden layer in `deltas`, or of the output (layer = number of hidden layers). */
export function deltaBase({ hidden }: RowNetwork, layer: number): number {
  return hidden.slice(0, layer).reduce((a, b) => a + b, 0);
}

export const range = (count: number) => Array.from({ length: count }, (_, i) => i);
export const lines = (parts: readonly string[]) => parts.join('\n');

/** WGSL of four weights of a row, from a group on. Those past the row's end meet padding of the input, which is 0. */
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

/** How a kernel addresses the rows of `kept` and `deltas`; all strings are WGSL. */
export interface RowBuffer {
  /** The buffer's number of rows. */
  count: string;
  /** The buffer's row for the workgroup's r-th row. */
  row: (r: string) => string;
  /** Whether the workgroup's r-th row is part of the batch. */
  valid: (r: string) => string;
  /** Whether only the input's gradient is needed: then `deltas` is not written. */
  inputOnly?: boolean;
}

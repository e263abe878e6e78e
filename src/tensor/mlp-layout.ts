/** The layout of a multilayer perceptron's parameters in one flat buffer, as PyTorch orders them. */
import type { Activation } from './activation.ts';

export interface MlpSpec {
  /** Widths from input to output: [in, hidden…, out]. */
  readonly sizes: readonly number[];
  readonly activation: Activation;
  /** Normalisation between each hidden layer and its activation (normed-mlp.ts); none by default. */
  readonly norm?: 'layer';
}

/** The place of one Linear layer in the flat buffer. */
export interface MlpLayer {
  in: number;
  out: number;
  /** Offset of the weight [out, in]. */
  weights: number;
  /** Offset of the bias [out]. */
  bias: number;
  /** Offset of the layer normalisation's gain [out] and bias [out], or null without one. */
  norm: number | null;
}

interface MlpLayout {
  layers: MlpLayer[];
  inWidth: number;
  outWidth: number;
  parameterCount: number;
  /** Sum of the hidden widths: the numbers a row that the backward pass needs. */
  hiddenWidth: number;
}

const layouts = new Map<string, MlpLayout>();

export function mlpLayout(spec: MlpSpec): MlpLayout {
  const key = `${spec.sizes.join(',')} ${spec.norm ?? ''}`;
  const known = layouts.get(key);
  if (known) return known;
  const layers: MlpLayer[] = [];
  let offset = 0;
  for (let i = 0; i + 1 < spec.sizes.length; i++) {
    const inWidth = spec.sizes[i] as number;
    const outWidth = spec.sizes[i + 1] as number;
    const bias = offset + inWidth * outWidth;
    const normed = spec.norm === 'layer' && i + 2 < spec.sizes.length;
    layers.push({ in: inWidth, out: outWidth, weights: offset, bias, norm: normed ? bias + outWidth : null });
    offset = bias + outWidth * (normed ? 3 : 1);
  }
  const hiddenWidth = spec.sizes.slice(1, -1).reduce((a, b) => a + b, 0);
  const [inWidth, outWidth] = [spec.sizes[0] as number, spec.sizes.at(-1) as number];
  const layout = { layers, inWidth, outWidth, parameterCount: offset, hiddenWidth };
  layouts.set(key, layout);
  return layout;
}

export interface LayerNormAttributes {
  activation: Activation;
  /** Whether to return what the backward pass needs. */
  keep: boolean;
}

/**
 * PyTorch's default initialisation: weights and biases of a Linear layer uniform in ±1/√fan_in, of a layer normalisation
 * 1 and 0.
 */
import { RandomStream } from '../math/streams.ts';
import { mlpLayout, type MlpSpec } from '../tensor/mlp-layout.ts';

/** Returns the initial flat parameters of one part of a network. */
export type Initialiser = (part: string, spec: MlpSpec) => Float32Array;

/**
 * Initial parameters that depend only on `seed`, `role` and the network's parts, so that methods with the same network in
 * the same role start from the same weights.
 */
export function uniformInitialiser(seed: number, role: string): Initialiser {
  return (part, spec) => {
    const { layers, parameterCount } = mlpLayout(spec);
    const values = new Float32Array(parameterCount);
    new RandomStream(seed, `initial/${role}/${part}`).fillUniform(values, 0);
    for (const layer of layers) {
      const bound = 1 / Math.sqrt(layer.in);
      const end = layer.bias + layer.out;
      for (let i = layer.weights; i < end; i++) values[i] = (2 * (values[i] as number) - 1) * bound;
      if (layer.norm === null) continue;
      values.fill(1, layer.norm, layer.norm + layer.out);
      values.fill(0, layer.norm + layer.out, layer.norm + 2 * layer.out);
    }
    return values;
  };
}

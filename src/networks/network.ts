/** A network: MLPs under PyTorch's parameter names, each in one flat variable. */
import { tensor, tidy, variable, type Tensor, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import { lerpInPlace } from '../tensor/kernels/lerp.ts';
import { mlp } from '../tensor/kernels/mlp.ts';
import { mlpLayout, type MlpLayer, type MlpSpec } from '../tensor/mlp-layout.ts';
import { normedMlp } from '../tensor/kernels/normed-mlp.ts';
import { readVariable, writeVariable } from '../tensor/variables.ts';
import type { StepInput } from '../tensor/step-input.ts';

/** One MLP of a network: its shape, and PyTorch's names of its Linear layers (without `.weight` or `.bias`). */
export interface MlpPart {
  readonly spec: MlpSpec;
  readonly layerNames: readonly string[];
  /** The names of its layer normalisations, if it has any. */
  readonly normNames?: readonly string[];
}

/** A tensor by PyTorch's name and layout: a Linear's weight is [out, in]. */
export interface NamedTensor {
  shape: number[];
  data: Float32Array;
}

export class Network {
  readonly variables: Readonly<Record<string, Variable>>;
  readonly #layers: Readonly<Record<string, MlpLayer[]>>;
  readonly parts: Readonly<Record<string, MlpPart>>;

  /** @param initial flat parameters of each part, in the layout of `mlpLayout`. */
  constructor(parts: Readonly<Record<string, MlpPart>>, initial: (part: string, spec: MlpSpec) => Float32Array) {
    this.parts = parts;
    const variables: Record<string, Variable> = {};
    const layers: Record<string, MlpLayer[]> = {};
    for (const [name, part] of Object.entries(parts)) {
      const layout = mlpLayout(part.spec);
      if (part.layerNames.length !== layout.layers.length) throw new Error(`Part "${name}" names the wrong layers.`);
      if ((part.normNames?.length ?? 0) !== layout.layers.filter(({ norm }) => norm !== null).length) {
        throw new Error(`Part "${name}" names the wrong normalisations.`);
      }
      layers[name] = layout.layers;
      variables[name] = tidy(() => variable(tensor(initial(name, part.spec)), true));
    }
    this.variables = variables;
    this.#layers = layers;
  }

  /** Runs one part on x [B, in]. */
  apply(part: string, x: Tensor): Tensor2D {
    const { spec } = this.parts[part] as MlpPart;
    const run = spec.norm ? normedMlp : mlp;
    return run(x as Tensor2D, this.variables[part] as Variable, spec);
  }

  /** Moves every parameter towards `source`: θ ← (1 − rate) θ + rate θ_source. A rate of 1 copies. */
  moveTowards(source: Network, rate: StepInput): void {
    for (const [name, target] of Object.entries(this.variables)) {
      lerpInPlace(target, source.variables[name] as Variable, rate);
    }
  }

  /** Names and shapes of all tensors, in PyTorch's order. */
  shapes(): Record<string, number[]> {
    const shapes: Record<string, number[]> = {};
    this.#forEachTensor((name, _part, _offset, shape) => (shapes[name] = shape));
    return shapes;
  }

  /** All tensors by PyTorch's names. */
  async read(): Promise<Record<string, NamedTensor>> {
    const values: Record<string, Float32Array> = {};
    for (const [name, value] of Object.entries(this.variables)) values[name] = await readVariable(value);
    return this.named(values);
  }

  /**
   * Sets all tensors. Nothing changes if one is missing or has the wrong shape.
   * @throws Error with the tensor's name, expected and actual shape.
   */
  write(tensors: Readonly<Record<string, NamedTensor>>): void {
    const values = this.flat(tensors);
    for (const [name, value] of Object.entries(this.variables)) writeVariable(value, values[name] as Float32Array);
  }

  /** Flat values of every part, such as the parameters or an optimiser's moments, as tensors by PyTorch's names. */
  named(values: Readonly<Record<string, Float32Array>>): Record<string, NamedTensor> {
    const tensors: Record<string, NamedTensor> = {};
    this.#forEachTensor((name, part, offset, shape, size) => {
      tensors[name] = { shape, data: (values[part] as Float32Array).slice(offset, offset + size) };
    });
    return tensors;
  }

  /**
   * The reverse: tensors by PyTorch's names as flat values of every part.
   * @throws Error with the name, expected and actual shape of a tensor that is missing or has the wrong shape.
   */
  flat(tensors: Readonly<Record<string, NamedTensor>>): Record<string, Float32Array> {
    const values: Record<string, Float32Array> = {};
    for (const [name, value] of Object.entries(this.variables)) values[name] = new Float32Array(value.size);
    this.#forEachTensor((name, part, offset, shape) => {
      const found = tensors[name];
      if (!found) throw new Error(`Tensor "${name}" is missing; expected shape [${shape.join(', ')}].`);
      if (found.shape.length !== shape.length || found.shape.some((size, i) => size !== shape[i])) {
        throw new Error(
          `Tensor "${name}" has shape [${found.shape.join(', ')}]; this network needs [${shape.join(', ')}].`,
        );
      }
      (values[part] as Float32Array).set(found.data, offset);
    });
    return values;
  }

  dispose(): void {
    for (const value of Object.values(this.variables)) value.dispose();
  }

  #forEachTensor(visit: (name: string, part: string, offset: number, shape: number[], size: number) => void): void {
    for (const [part, layers] of Object.entries(this.#layers)) {
      layers.forEach((layer, i) => {
        const { layerNames, normNames } = this.parts[part] as MlpPart;
        const prefix = layerNames[i] as string;
        visit(`${prefix}.weight`, part, layer.weights, [layer.out, layer.in], layer.out * layer.in);
        visit(`${prefix}.bias`, part, layer.bias, [layer.out], layer.out);
        if (layer.norm === null) return;
        const norm = normNames?.[i] as string;
        visit(`${norm}.weight`, part, layer.norm, [layer.out], layer.out);
        visit(`${norm}.bias`, part, layer.norm + layer.out, [layer.out], layer.out);
      });
    }
  }
}

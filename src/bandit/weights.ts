/**
 * A method's networks as a `safetensors` file: PyTorch's names and layouts behind the network's role ("actor.…",
 * "critic.…"). The metadata hold method, step, preset and the whole experiment (as JSON), so that a file says what
 * made it.
 */
import type { Algorithm } from '../algorithms/algorithm.ts';
import { METHODS, type MethodId } from './methods.ts';
import type { NamedTensor } from '../networks/network.ts';
import type { Experiment } from './experiment.ts';
import { decodeSafetensors, encodeSafetensors } from '../experiment/safetensors.ts';

interface WeightsOrigin {
  experiment: Experiment;
  method: MethodId;
}

interface SavedWeights {
  /** The gradient step that they were saved at. */
  step: number;
  /** The experiment that made them, as the file has it; null where the file says nothing. */
  experiment: unknown;
  tensors: Record<string, NamedTensor>;
}

export interface ExportOptions {
  /** 16-bit floats: half the size. */
  half?: boolean;
  /** Which tensors to write; all by default. */
  keep?: (name: string) => boolean;
}

export async function exportWeights(
  algorithm: Algorithm,
  { experiment, method }: WeightsOrigin,
  { half = false, keep = () => true }: ExportOptions = {},
): Promise<Uint8Array> {
  const tensors: Record<string, NamedTensor> = {};
  for (const [role, network] of Object.entries(algorithm.networks)) {
    for (const [name, tensor] of Object.entries(await network.read())) {
      if (keep(`${role}.${name}`)) tensors[`${role}.${name}`] = tensor;
    }
  }
  const metadata = {
    method,
    step: String(algorithm.step),
    preset: experiment.preset,
    experiment: JSON.stringify(experiment),
  };
  return encodeSafetensors(tensors, metadata, { half });
}

/**
 * Reads a file of weights for one method.
 * @throws Error if it is no such file, is cut, is of another method, or holds a value that is not finite.
 */
export function readWeights(bytes: Uint8Array, method: MethodId): SavedWeights {
  const { tensors: found, metadata } = decodeSafetensors(bytes);
  const madeBy = metadata['method'];
  if (madeBy !== undefined && madeBy !== method) {
    throw new Error(`These are weights of ${nameOf(madeBy)}, not of ${METHODS[method].name}.`);
  }
  const tensors: Record<string, NamedTensor> = {};
  for (const [name, { data, shape }] of Object.entries(found)) {
    if (!(data instanceof Float32Array)) throw new Error(`Tensor "${name}" holds integers; weights are floats.`);
    tensors[name] = { shape, data };
    const index = data.findIndex((value) => !Number.isFinite(value));
    if (index >= 0)
      throw new Error(`Tensor "${name}" has a value that is not finite (${data[index]}, number ${index}).`);
  }
  const step = Number(metadata['step'] ?? 0);
  return {
    step: Number.isSafeInteger(step) && step >= 0 ? step : 0,
    experiment: parse(metadata['experiment']),
    tensors,
  };
}

/**
 * Puts weights into an algorithm's networks.
 * @param partial take what the file has, and leave other tensors as they are (for files that hold what is shown
 *   alone); a second critic that is left out is a copy of the first.
 * @throws Error that names the tensor, its expected and its found shape; no network has changed then.
 */
export async function writeWeights(algorithm: Algorithm, weights: SavedWeights, partial = false): Promise<void> {
  const names = new Set<string>();
  for (const [role, network] of Object.entries(algorithm.networks)) {
    for (const [name, shape] of Object.entries(network.shapes())) {
      const full = `${role}.${name}`;
      names.add(full);
      const found = weights.tensors[full]?.shape;
      const expected = `[${shape.join(', ')}]`;
      if (!found) {
        if (partial) continue;
        throw new Error(`Tensor "${full}" is missing; expected shape ${expected}.`);
      }
      if (found.join() !== shape.join()) {
        throw new Error(`Tensor "${full}" has shape [${found.join(', ')}]; this network needs ${expected}.`);
      }
    }
  }
  const unknown = Object.keys(weights.tensors).find((name) => !names.has(name));
  if (unknown !== undefined) throw new Error(`Tensor "${unknown}" belongs to no network of this method.`);
  for (const [role, network] of Object.entries(algorithm.networks)) {
    const tensors = partial ? await network.read() : {};
    for (const name of Object.keys(network.shapes())) {
      const full = `${role}.${name}`;
      const found = weights.tensors[full] ?? (partial ? weights.tensors[full.replace('.q2_', '.q1_')] : undefined);
      if (found) tensors[name] = found;
    }
    network.write(tensors);
  }
}

function nameOf(method: string): string {
  return Object.values(METHODS).find(({ id }) => id === method)?.name ?? `the unknown method "${method}"`;
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

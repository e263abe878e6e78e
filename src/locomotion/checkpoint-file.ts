/**
 * The file of a locomotion run or policy: a `safetensors` file with PyTorch's names and layouts
 * ("actor.mid_layer.0.weight", "actor_optimiser.exp_avg.mid_layer.0.weight"), and the experiment as metadata. It loads no
 * tensor library, so the page's own thread may read one.
 */
import type { StateNormalisation } from '../environments/rollouts/network-policy.ts';
import { crc32 } from '../math/crc32.ts';
import type { NamedTensor } from '../networks/network.ts';
import { isRecord } from '../experiment/unknown-values.ts';
import { decodeSafetensors, encodeSafetensors } from '../experiment/safetensors.ts';
import type { DatasetIdentity } from './dataset-identity.ts';
import { locomotionSettings, validateLocomotion, type LocomotionExperiment } from './experiment.ts';
import { LOCOMOTION_METHODS } from './methods.ts';
import { liveLocomotionSettings } from './settings.ts';

const FORMAT = 'locomotion-checkpoint';
const VERSION = 1;
/** Metadata key of the checksum of everything else. Old files have none. */
const CHECKSUM = 'crc32';
/** Tensor names of the states' normalisation. */
const MEAN = 'state_mean';
const DEVIATION = 'state_deviation';

export interface Checkpoint {
  experiment: LocomotionExperiment;
  dataset: DatasetIdentity;
  step: number;
  /** Training seconds. */
  seconds: number;
  normalisation: StateNormalisation | null;
  tensors: Record<string, NamedTensor>;
  /** Further facts such as scores, as in the file. */
  notes: Record<string, unknown>;
}

/** Exports only a checkpoint's policy, with further facts. */
export function encodePolicy(checkpoint: Checkpoint, notes: Record<string, unknown>): Uint8Array {
  const experiment = actingExperiment(checkpoint);
  const roles = actingRoles(experiment);
  const acting = Object.entries(checkpoint.tensors).filter(([name]) => roles.includes(name.split('.')[0]!));
  const tensors = Object.fromEntries(acting);
  return encodeFile({ ...checkpoint, experiment, tensors, notes: { ...checkpoint.notes, ...notes } });
}

/**
 * The experiment whose settings a checkpoint's policy acts by. A run's file has the initial experiment and a list of live
 * changes; a policy's file includes those changes.
 *
 * @throws Error that names a change that is out of bounds.
 */
export function actingExperiment({ experiment, notes }: Checkpoint): LocomotionExperiment {
  const changes: unknown[] = Array.isArray(notes['live']) ? notes['live'] : [];
  const settings = changes.flatMap((change) =>
    isRecord(change) && isRecord(change['settings']) ? [liveLocomotionSettings(change['settings'])] : [],
  );
  if (settings.length === 0) return experiment;
  return validateLocomotion({
    ...experiment,
    settings: Object.assign({}, experiment.settings, ...settings) as unknown,
  });
}

/** A checkpoint as bytes. */
export function encodeFile({
  experiment,
  dataset,
  step,
  seconds,
  normalisation,
  tensors,
  notes,
}: Checkpoint): Uint8Array {
  const scaling: Record<string, NamedTensor> = {};
  if (normalisation) {
    const { mean, deviation } = normalisation;
    scaling[MEAN] = { shape: [mean.length], data: mean };
    scaling[DEVIATION] = { shape: [deviation.length], data: deviation };
  }
  const all = { ...tensors, ...scaling };
  const metadata = {
    format: FORMAT,
    version: String(VERSION),
    step: String(step),
    seconds: String(seconds),
    experiment: JSON.stringify(experiment),
    dataset: JSON.stringify(dataset),
    notes: JSON.stringify(notes),
  };
  return encodeSafetensors(all, { ...metadata, [CHECKSUM]: checksumOf(all, metadata) });
}

/** CRC-32 of metadata and tensors, sorted by name, in eight hexadecimal digits. */
function checksumOf(
  tensors: Readonly<Record<string, NamedTensor>>,
  metadata: Readonly<Record<string, string>>,
): string {
  let sum = 0;
  const add = (text: string) => (sum = crc32(new TextEncoder().encode(text), sum));
  for (const key of Object.keys(metadata).sort()) add(`${key}=${metadata[key]}\n`);
  for (const name of Object.keys(tensors).sort()) {
    const { shape, data } = tensors[name]!;
    add(`${name}[${shape.join()}]`);
    sum = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), sum);
  }
  return sum.toString(16).padStart(8, '0');
}

/** The networks that a policy acts with; a choice among candidates uses the target critics. */
export function actingRoles(experiment: LocomotionExperiment): string[] {
  const { sampleWith } = locomotionSettings(experiment);
  const { isDiffusion } = LOCOMOTION_METHODS[experiment.method];
  const actor = isDiffusion && sampleWith === 'ema' ? 'actor_ema' : 'actor';
  return experiment.method === 'diffusion-ql' ? [actor, 'critic_target'] : [actor];
}

/**
 * Decodes a checkpoint.
 * @throws Error if it is truncated, damaged, not of a locomotion run, or holds a value that is not finite.
 */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const { tensors: found, metadata } = decodeSafetensors(bytes);
  if (metadata['format'] !== FORMAT) {
    throw new Error('This is no checkpoint of a locomotion run: its metadata have no such format.');
  }
  if (metadata['version'] !== String(VERSION)) {
    throw new Error(`This checkpoint is of version ${metadata['version'] ?? 'none'}; read is ${VERSION}.`);
  }
  const tensors: Record<string, NamedTensor> = {};
  for (const [name, { shape, data }] of Object.entries(found)) {
    if (!(data instanceof Float32Array)) throw new Error(`Tensor "${name}" holds integers; a checkpoint holds floats.`);
    const wrong = data.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0)
      throw new Error(`Tensor "${name}" has a value that is not finite (${data[wrong]}, number ${wrong}).`);
    tensors[name] = { shape, data };
  }
  const { [CHECKSUM]: written, ...texts } = metadata;
  const right = checksumOf(tensors, texts);
  if (written !== undefined && written !== right) {
    throw new Error(
      `The checkpoint is damaged: its contents have the CRC-32 ${right}, and ${written} was written with them. Take it from where it was saved once more.`,
    );
  }
  const { [MEAN]: mean, [DEVIATION]: deviation, ...others } = tensors;
  const step = Number(metadata['step']);
  if (!Number.isSafeInteger(step) || step < 0)
    throw new Error(`The checkpoint's step is ${metadata['step']}, no count.`);
  return {
    experiment: validateLocomotion(json(metadata, 'experiment')),
    dataset: json(metadata, 'dataset') as unknown as DatasetIdentity,
    step,
    seconds: Number(metadata['seconds'] ?? 0),
    normalisation: mean && deviation ? { mean: mean.data, deviation: deviation.data } : null,
    tensors: others,
    notes: json(metadata, 'notes'),
  };
}

/** The tensors whose names have a prefix, without it. */
export function under(tensors: Readonly<Record<string, NamedTensor>>, prefix: string): Record<string, NamedTensor> {
  const own = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

function json(metadata: Readonly<Record<string, string>>, key: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(metadata[key] ?? '');
  } catch {
    throw new Error(`The checkpoint's metadata hold no ${key}.`);
  }
  if (!isRecord(value)) throw new Error(`The checkpoint's ${key} is no object.`);
  return value;
}

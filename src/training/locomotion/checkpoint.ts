/**
 * A whole run in one `safetensors` file: networks and Adam's moments by PyTorch's names and layouts
 * ("actor.mid_layer.0.weight", "actor_optimiser.exp_avg.mid_layer.0.weight"), and as metadata what made them. What is read
 * back goes on bit for bit; the random numbers need only the step.
 */
import type { Algorithm } from '../../algorithms/algorithm.ts';
import type { StateNormalisation } from '../../environments/rollouts/network-policy.ts';
import type { NamedTensor, Network } from '../../networks/network.ts';
import { readVariable, writeVariables } from '../../tensor/variables.ts';
import { isRecord } from '../raw-values.ts';
import { decodeSafetensors, encodeSafetensors } from '../safetensors.ts';
import type { DatasetIdentity } from './data.ts';
import { differences, locomotionSettings, validateLocomotion, type LocomotionExperiment } from './experiment.ts';
import { LOCOMOTION_METHODS } from './methods.ts';
import type { LocomotionTrainer } from './trainer.ts';

const FORMAT = 'locomotion-checkpoint';
const VERSION = 1;
/** Adam's moments as PyTorch calls them. */
const MOMENTS = { exp_avg: 'm', exp_avg_sq: 'v' } as const;
const OPTIMISER = '_optimiser';
/** Where the normalisation of states stands among the tensors. */
const MEAN = 'state_mean';
const DEVIATION = 'state_deviation';

export interface Checkpoint {
  experiment: LocomotionExperiment;
  dataset: DatasetIdentity;
  step: number;
  /** Seconds that it took. */
  seconds: number;
  normalisation: StateNormalisation | null;
  tensors: Record<string, NamedTensor>;
  /** Scores and the like, as the file has them. */
  notes: Record<string, unknown>;
}

export interface CheckpointOptions {
  /** The networks that act alone: nothing can go on from it. */
  policyOnly?: boolean;
  /** Further facts, as JSON: scores, say. */
  notes?: Record<string, unknown>;
}

/** The run as bytes. */
export async function encodeCheckpoint(
  trainer: LocomotionTrainer,
  { policyOnly = false, notes = {} }: CheckpointOptions = {},
): Promise<Uint8Array> {
  const { experiment, dataset, algorithm, seconds, step } = trainer;
  const { normalisation } = trainer.data;
  const tensors: Record<string, NamedTensor> = {};
  const acting = actingRoles(experiment);
  for (const [role, network] of Object.entries(algorithm.networks)) {
    if (policyOnly && !acting.includes(role)) continue;
    for (const [name, tensor] of Object.entries(await network.read())) tensors[`${role}.${name}`] = tensor;
    if (!policyOnly) Object.assign(tensors, await momentsOf(role, network, algorithm));
  }
  return encode({ experiment, dataset, step, seconds, normalisation, tensors, notes });
}

/** A checkpoint's policy alone, with further facts: what is shipped of a run. */
export function encodePolicy(checkpoint: Checkpoint, notes: Record<string, unknown>): Uint8Array {
  const roles = actingRoles(checkpoint.experiment);
  const acting = Object.entries(checkpoint.tensors).filter(([name]) => roles.includes(name.split('.')[0]!));
  return encode({ ...checkpoint, tensors: Object.fromEntries(acting), notes: { ...checkpoint.notes, ...notes } });
}

function encode({ experiment, dataset, step, seconds, normalisation, tensors, notes }: Checkpoint): Uint8Array {
  const scaling: Record<string, NamedTensor> = {};
  if (normalisation) {
    const { mean, deviation } = normalisation;
    scaling[MEAN] = { shape: [mean.length], data: mean };
    scaling[DEVIATION] = { shape: [deviation.length], data: deviation };
  }
  return encodeSafetensors(
    { ...tensors, ...scaling },
    {
      format: FORMAT,
      version: String(VERSION),
      step: String(step),
      seconds: String(seconds),
      experiment: JSON.stringify(experiment),
      dataset: JSON.stringify(dataset),
      notes: JSON.stringify(notes),
    },
  );
}

/** Networks that a policy acts with: a choice among candidates asks the target critics. */
function actingRoles(experiment: LocomotionExperiment): string[] {
  const { sampleWith } = locomotionSettings(experiment);
  const { isDiffusion } = LOCOMOTION_METHODS[experiment.method];
  const actor = isDiffusion && sampleWith === 'ema' ? 'actor_ema' : 'actor';
  return experiment.method === 'diffusion-ql' ? [actor, 'critic_target'] : [actor];
}

/**
 * A checkpoint's contents.
 * @throws Error if it is cut, damaged, none of a locomotion run, or holds a value that is not finite.
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

/**
 * Puts a run back to where a checkpoint was written.
 * @throws Error that names the fields in which its experiment differs from the run's, or a tensor that is missing or
 *   misshapen; the run is as it was then.
 */
export function resumeFrom(trainer: LocomotionTrainer, checkpoint: Checkpoint): void {
  const different = differences(checkpoint.experiment, trainer.experiment);
  if (different.length > 0) throw new Error(`The checkpoint is of another experiment: ${different.join('; ')}.`);
  const { id, rows } = checkpoint.dataset;
  if (id !== trainer.dataset.id || rows !== trainer.dataset.rows) {
    throw new Error(
      `The checkpoint learned from ${id} (${rows} rows), not from ${trainer.dataset.id} (${trainer.dataset.rows} rows).`,
    );
  }
  const { algorithm } = trainer;
  const values: Record<string, Float32Array> = {};
  for (const [role, network] of Object.entries(algorithm.networks)) {
    Object.assign(values, named(`${role}.`, network.flat(under(checkpoint.tensors, `${role}.`))));
    for (const [theirs, ours] of Object.entries(MOMENTS)) {
      if (!(`${role}${OPTIMISER}.${ours}.${Object.keys(network.variables)[0]}` in algorithm.variables)) continue;
      const moments = under(checkpoint.tensors, `${role}${OPTIMISER}.${theirs}.`);
      Object.assign(values, named(`${role}${OPTIMISER}.${ours}.`, network.flat(moments)));
    }
  }
  writeVariables(algorithm.variables, values);
  algorithm.step = checkpoint.step;
  trainer.seconds = checkpoint.seconds;
}

/**
 * Puts the networks that a checkpoint's policy acts with into an algorithm that only acts.
 * @param choosing whether it will choose among candidates, and so needs critics.
 * @throws Error that names a tensor that is missing or misshapen.
 */
export function writeNetworks(
  networks: Readonly<Record<string, Network>>,
  { experiment, tensors }: Checkpoint,
  choosing: boolean,
): void {
  for (const role of actingRoles(experiment)) {
    if (role !== 'critic_target' || choosing) networks[role]!.write(under(tensors, `${role}.`));
  }
}

async function momentsOf(role: string, network: Network, algorithm: Algorithm): Promise<Record<string, NamedTensor>> {
  const tensors: Record<string, NamedTensor> = {};
  for (const [theirs, ours] of Object.entries(MOMENTS)) {
    const values: Record<string, Float32Array> = {};
    for (const part of Object.keys(network.variables)) {
      const moment = algorithm.variables[`${role}${OPTIMISER}.${ours}.${part}`];
      if (!moment) return {};
      values[part] = await readVariable(moment);
    }
    Object.assign(tensors, named(`${role}${OPTIMISER}.${theirs}.`, network.named(values)));
  }
  return tensors;
}

function named<Value>(prefix: string, values: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));
}

/** The tensors whose names begin so, without the beginning. */
function under(tensors: Readonly<Record<string, NamedTensor>>, prefix: string): Record<string, NamedTensor> {
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

/**
 * Saves and restores a run: networks, Adam's moments, step. A restored run continues bit for bit; its random numbers need
 * only the step.
 */
import type { Algorithm } from '../algorithms/algorithm.ts';
import type { NamedTensor, Network } from '../networks/network.ts';
import { readVariable, writeVariables } from '../tensor/variables.ts';
import { actingRoles, encodeFile, under, type Checkpoint } from './checkpoint-file.ts';
import { differences } from './experiment.ts';
import type { DatasetIdentity } from './dataset-identity.ts';
import type { LocomotionTrainer } from './trainer.ts';

/** PyTorch's names of Adam's moments. */
const MOMENTS = { exp_avg: 'm', exp_avg_sq: 'v' } as const;
const OPTIMISER = '_optimiser';

interface CheckpointOptions {
  /** Only the networks that act: it cannot be resumed. */
  policyOnly?: boolean;
  /** Further facts, such as scores, as JSON. */
  notes?: Record<string, unknown>;
}

/** Encodes a run. */
export async function encodeCheckpoint(
  trainer: LocomotionTrainer,
  { policyOnly = false, notes = {} }: CheckpointOptions = {},
): Promise<Uint8Array> {
  const { dataset, algorithm, seconds, step } = trainer;
  // A policy acts by the current settings; a resumed run starts from the initial ones and repeats its live changes.
  const experiment = policyOnly ? trainer.acting : trainer.experiment;
  const { normalisation } = trainer.data;
  const tensors: Record<string, NamedTensor> = {};
  const acting = actingRoles(experiment);
  for (const [role, network] of Object.entries(algorithm.networks)) {
    if (policyOnly && !acting.includes(role)) continue;
    for (const [name, tensor] of Object.entries(await network.read())) tensors[`${role}.${name}`] = tensor;
    if (!policyOnly) Object.assign(tensors, await momentsOf(role, network, algorithm));
  }
  return encodeFile({ experiment, dataset, step, seconds, normalisation, tensors, notes });
}

/**
 * Restores a checkpoint.
 * @throws Error that names the fields in which its experiment differs from the run's, or a tensor that is missing or has
 *   another shape; the run is then unchanged.
 */
export function resumeFrom(trainer: LocomotionTrainer, checkpoint: Checkpoint): void {
  const different = differences(checkpoint.experiment, trainer.experiment);
  if (different.length > 0) throw new Error(`The checkpoint is of another experiment: ${different.join('; ')}.`);
  const [theirs, ours] = [checkpoint.dataset, trainer.dataset];
  // Different collections may have the same id and number of rows.
  const sameReturns = theirs.meanReturn === ours.meanReturn || !Number.isFinite(theirs.meanReturn);
  if (theirs.id !== ours.id || theirs.rows !== ours.rows || !sameReturns) {
    throw new Error(`The checkpoint learned from ${datasetText(theirs)}, not from ${datasetText(ours)}.`);
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

async function momentsOf(role: string, network: Network, algorithm: Algorithm): Promise<Record<string, NamedTensor>> {
  const tensors: Record<string, NamedTensor> = {};
  for (const [theirs, ours] of Object.entries(MOMENTS)) {
    const values: Record<string, Float32Array> = {};
    for (const part of Object.keys(network.variables)) {
      const variable = algorithm.variables[`${role}${OPTIMISER}.${ours}.${part}`];
      if (!variable) return {};
      values[part] = await readVariable(variable);
    }
    Object.assign(tensors, named(`${role}${OPTIMISER}.${theirs}.`, network.named(values)));
  }
  return tensors;
}

function named<Value>(prefix: string, values: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));
}

function datasetText({ id, rows, meanReturn }: DatasetIdentity): string {
  return `${id} (${rows} rows, mean return ${meanReturn.toFixed(1)})`;
}

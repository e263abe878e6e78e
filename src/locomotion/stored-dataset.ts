/** Reads a dataset in shards for a run, into the backend's memory where possible. */
import { columnsOf, type Manifest } from '../datasets/shards/manifest.ts';
import { readTrajectories, type ShardStore } from '../datasets/shards/reader.ts';
import { meanOf } from '../math/statistics.ts';
import { releaseDeviceArray, deviceArrays } from '../tensor/device-array.ts';
import { checkRows, type Dataset } from './data.ts';
import type { DatasetIdentity } from './dataset-identity.ts';
import type { LocomotionTaskId } from './tasks.ts';

export function identityOf({ id, environment, counts, episodes, provenance }: Manifest): DatasetIdentity {
  return { id, environment, rows: counts.rows, meanReturn: meanOf(episodes.returns), provenance };
}

/** Checks a dataset before its rows are read. @throws Error if its body, widths or transitions do not fit the task. */
export function checkManifest({ id, environment, counts, arrays }: Manifest, task: LocomotionTaskId): void {
  const widths = { observations: columnsOf(arrays.observations), actions: columnsOf(arrays.actions) };
  checkRows({ id, environment, ...widths, transitions: counts.transitions }, task);
}

/**
 * Reads the rows for one run, which owns them: into the backend's memory if it runs and allows it.
 * @throws Error that names a missing or damaged chunk.
 */
export async function readForRun(store: ShardStore, manifest: Manifest): Promise<Dataset> {
  const { observations, actions } = manifest.arrays;
  const { rows } = manifest.counts;
  const [states, moves] = deviceArrays([
    [rows, columnsOf(observations)],
    [rows, columnsOf(actions)],
  ]) as [Float32Array, Float32Array];
  try {
    const trajectories = await readTrajectories(store, manifest, { observations: states, actions: moves });
    return { ...identityOf(manifest), trajectories, takenOver: true };
  } catch (error) {
    for (const values of [states, moves]) releaseDeviceArray(values);
    throw error;
  }
}

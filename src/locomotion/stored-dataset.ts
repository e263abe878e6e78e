/** A dataset in shards, as a run takes it: checked by its manifest, and read to where the run's tensors are. */
import { columnsOf, type Manifest } from '../datasets/shards/manifest.ts';
import { readTrajectories, type ShardStore } from '../datasets/shards/reader.ts';
import { meanOf } from '../math/aggregate.ts';
import { releaseDeviceArray, deviceArrays } from '../tensor/device-array.ts';
import { checkRows, type Dataset } from './data.ts';
import type { DatasetIdentity } from './dataset-identity.ts';
import type { LocomotionTaskId } from './tasks.ts';

export function identityOf({ id, environment, counts, episodes, provenance }: Manifest): DatasetIdentity {
  return { id, environment, rows: counts.rows, meanReturn: meanOf(episodes.returns), provenance };
}

/** Before any row is read. @throws Error if the dataset is of another body than the task's, of other widths, or has no transition. */
export function checkManifest({ id, environment, counts, arrays }: Manifest, task: LocomotionTaskId): void {
  const widths = { observations: columnsOf(arrays.observations), actions: columnsOf(arrays.actions) };
  checkRows({ id, environment, ...widths, transitions: counts.transitions }, task);
}

/**
 * The rows for one run, which takes them over: once the backend runs, they are read into its memory where that can be.
 * @throws Error that names a chunk that is missing or damaged.
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

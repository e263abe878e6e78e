/** Rows of a folder for runs: read once, and let go of as soon as the last run has them. */
import { readTrajectories } from '../datasets/shards/reader.ts';
import { meanOf } from '../math/aggregate.ts';
import type { Dataset } from '../training/locomotion/data.ts';
import type { LocomotionExperiment } from '../training/locomotion/experiment.ts';
import { LocomotionTrainer } from '../training/locomotion/trainer.ts';
import { openFolder } from './shard-folder.ts';

/** A dataset that somebody holds until it is handed over. */
export interface Holder {
  dataset: Dataset | null;
}

/** A dataset of a folder, all of it in memory. */
export async function readDataset(folder: string): Promise<Dataset> {
  const { store, manifest } = await openFolder(folder);
  const trajectories = await readTrajectories(store, manifest).catch((error: unknown) => {
    throw new Error(`${folder}: ${error instanceof Error ? error.message : String(error)}`);
  });
  const { id, environment, counts, episodes, provenance } = manifest;
  return { id, environment, rows: counts.rows, meanReturn: meanOf(episodes.returns), provenance, trajectories };
}

/** A trainer on a dataset that others learn from later. @throws Error if it was handed over before. */
export function nextTrainer(experiment: LocomotionExperiment, { dataset }: Holder): LocomotionTrainer {
  if (!dataset) throw new Error('The dataset was handed over to the last run.');
  return new LocomotionTrainer(experiment, dataset);
}

/**
 * A trainer on a dataset that nobody needs afterwards: the holder lets go of it. Where the trainer has moved the rows to where its
 * tensors are, none are left beside them.
 * @throws Error if it was handed over before.
 */
export function lastTrainer(experiment: LocomotionExperiment, holder: Holder): LocomotionTrainer {
  try {
    return nextTrainer(experiment, holder);
  } finally {
    holder.dataset = null;
  }
}

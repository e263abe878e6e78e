/** The datasets that a run can train on: stored in this browser, or shipped with the page. */
import { useEffect } from 'react';
import type { StoredDataset } from '../../datasets/library/protocol.ts';
import { parseEnvironmentId } from '../../environments/bodies/ids.ts';
import type { DatasetIdentity } from '../../locomotion/dataset-identity.ts';
import { LOCOMOTION_TASKS, type LocomotionTaskId } from '../../locomotion/tasks.ts';
import { askReader, startJob } from '../shared/library/library-client.ts';
import { followLibrary, refreshLibrary, useLibrary } from '../shared/library/library-store.ts';
import { useShippedDatasets, type ShippedDataset } from '../shared/library/shipped-datasets.ts';
import { formatBytes, formatCount } from '../shared/format.ts';

export interface DataChoice {
  /** The key of a stored dataset, or the address of a shipped one. */
  id: string;
  kind: 'stored' | 'shipped';
  name: string;
  label: string;
  /** Whether it is D4RL's published file. */
  published: boolean;
  rows: number | null;
}

/** Datasets of a task's body: D4RL's own first, then other stored ones, then shipped ones that are not yet stored. */
export function dataChoices(
  datasets: readonly StoredDataset[],
  shipped: readonly ShippedDataset[],
  task: LocomotionTaskId,
): DataChoice[] {
  const { environment } = LOCOMOTION_TASKS[task];
  const stored = datasets.flatMap(({ key, id, about }): DataChoice[] => {
    if (!about || parseEnvironmentId(about.environment) !== environment) return [];
    const published = about.published !== null;
    const { rows } = about.counts;
    const origin = published ? 'D4RL’s published file' : 'not D4RL’s';
    return [
      { id: key, kind: 'stored', name: id, label: `${id}: ${formatCount(rows)} rows, ${origin}`, published, rows },
    ];
  });
  stored.sort((a, b) => Number(b.published) - Number(a.published));
  const notStored = shipped.flatMap(({ address, name, bytes }): DataChoice[] => {
    const id = address.split('/').at(-2) ?? address;
    if (parseEnvironmentId(id) !== environment || stored.some((dataset) => dataset.name === id)) return [];
    const label = `${name}, not D4RL’s: comes with this page, ${formatBytes(bytes)}`;
    return [{ id: address, kind: 'shipped', name: id, label, published: false, rows: null }];
  });
  return [...stored, ...notStored];
}

/** The choices of a task; null until they are known. */
export function useDataChoices(task: LocomotionTaskId): readonly DataChoice[] | null {
  const list = useLibrary((state) => state.list);
  const shipped = useShippedDatasets();
  useEffect(() => {
    void refreshLibrary();
    return followLibrary();
  }, []);
  return list && dataChoices(list.datasets, shipped, task);
}

/** The key under which a choice is stored; a shipped dataset is fetched first. */
export async function storedKeyOf(choice: DataChoice): Promise<string> {
  if (choice.kind === 'stored') return choice.id;
  const key = await startJob({ kind: 'fetch', address: choice.id }, () => undefined).done;
  await refreshLibrary();
  return key;
}

/** The key of the stored dataset that a run was trained on. @throws Error if it is not stored in this browser. */
export async function storedDatasetKey({ id, rows }: DatasetIdentity): Promise<string> {
  const { datasets } = await askReader((reader) => reader.list());
  const found = datasets.find((dataset) => dataset.id === id && dataset.about?.counts.rows === rows);
  if (!found) {
    throw new Error(
      `The run learned from ${id} (${formatCount(rows)} rows), which is not stored in this browser; add it on the datasets page.`,
    );
  }
  return found.key;
}

/** The list of what is stored, whole or not. */
import { ARRAY_NAMES } from '../arrays.ts';
import { decodeManifest, type Manifest } from '../shards/manifest.ts';
import { COMING_MANIFEST, readUnfinished, wholeManifest, type DatasetFolder } from './folder.ts';
import { datasetsBeingWritten } from './locks.ts';
import { findFolder, libraryKeys, storageEstimate } from './opfs.ts';
import { planFiles, totalBytes } from './plan.ts';
import type { LibraryList, StoredDataset } from './protocol.ts';

export async function listLibrary(): Promise<LibraryList> {
  const writing = await datasetsBeingWritten();
  const datasets: StoredDataset[] = [];
  for (const key of await libraryKeys()) {
    const folder = await findFolder(key);
    // Another tab may have removed it since.
    if (folder) datasets.push(await describeFolder(key, folder, writing.has(key)));
  }
  datasets.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return { datasets, ...(await storageEstimate()) };
}

/** What a folder holds. @param writing whether a tab is at it. */
export async function describeFolder(key: string, folder: DatasetFolder, writing: boolean): Promise<StoredDataset> {
  const manifest = await wholeManifest(folder);
  if (manifest) {
    const { id, environment, counts, licence, source } = manifest;
    const bytes = storedBytes(manifest);
    const about = { environment, counts, licence, published: source.published };
    return { key, id, state: 'whole', bytes, totalBytes: bytes, share: 1, about, unfinished: null };
  }
  const state = writing ? 'writing' : 'stopped';
  const unfinished = await readUnfinished(folder);
  if (unfinished?.kind === 'convert' || unfinished?.kind === 'collect') {
    const { name, share } = unfinished;
    const bytes = await heldBytes(folder);
    return { key, id: name, state, bytes, totalBytes: null, share, about: null, unfinished };
  }
  const coming = await comingManifest(folder);
  const plan = coming ? planFiles(coming) : [];
  const bytes = await wholeBytes(folder, plan);
  const total = totalBytes(plan);
  const share = total > 0 ? bytes / total : 0;
  return { key, id: unfinished?.id ?? key, state, bytes, totalBytes: total, share, about: null, unfinished };
}

/** Bytes of all chunks. */
export function storedBytes(manifest: Manifest): number {
  return totalBytes(planFiles(manifest));
}

/** The manifest of a fetch that was not finished; null if that is not there whole either. */
async function comingManifest(folder: DatasetFolder): Promise<Manifest | null> {
  const bytes = await folder.read(COMING_MANIFEST);
  if (!bytes) return null;
  try {
    return decodeManifest(bytes);
  } catch {
    return null;
  }
}

async function wholeBytes(folder: DatasetFolder, files: ReturnType<typeof planFiles>): Promise<number> {
  let bytes = 0;
  for (const file of files) if ((await folder.size(file.path)) === file.bytes) bytes += file.bytes;
  return bytes;
}

/** Of a conversion, whose chunks are not listed anywhere yet: they are numbered from 0. */
async function heldBytes(folder: DatasetFolder): Promise<number> {
  let bytes = 0;
  for (const name of ARRAY_NAMES) {
    for (const end of ['', '.0']) {
      for (let index = 0; ; index++) {
        const size = await folder.size(`${name}/${index}${end}`);
        if (size === null) break;
        bytes += size;
      }
    }
  }
  return bytes;
}

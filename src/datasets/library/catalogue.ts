/** The list of stored datasets, complete or not. */
import { ARRAY_NAMES } from '../arrays.ts';
import { decodeManifest, type Manifest } from '../shards/manifest.ts';
import { PENDING_MANIFEST, readUnfinished, completeManifest, type DatasetFolder } from './folder.ts';
import { lockedDatasets } from './locks.ts';
import { findFolder, libraryKeys, storageEstimate } from './opfs.ts';
import { planFiles, storedBytes, totalBytes } from './plan.ts';
import type { LibraryList, StoredDataset } from './protocol.ts';

export async function listLibrary(): Promise<LibraryList> {
  const writing = await lockedDatasets();
  const datasets: StoredDataset[] = [];
  for (const key of await libraryKeys()) {
    const folder = await findFolder(key);
    // Another tab may have removed it since.
    if (folder) datasets.push(await describeFolder(key, folder, writing.has(key)));
  }
  datasets.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return { datasets, ...(await storageEstimate()) };
}

/** Describes a folder's dataset. @param writing whether a tab is writing it. */
export async function describeFolder(key: string, folder: DatasetFolder, writing: boolean): Promise<StoredDataset> {
  const manifest = await completeManifest(folder);
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
  const pending = await pendingManifest(folder);
  const plan = pending ? planFiles(pending) : [];
  const bytes = await wholeBytes(folder, plan);
  const total = totalBytes(plan);
  const share = total > 0 ? bytes / total : 0;
  return { key, id: unfinished?.id ?? key, state, bytes, totalBytes: total, share, about: null, unfinished };
}

/** The manifest of an unfinished fetch; null if it is missing or cut off. */
async function pendingManifest(folder: DatasetFolder): Promise<Manifest | null> {
  const bytes = await folder.read(PENDING_MANIFEST);
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

/** Stored bytes of a conversion. Its chunks are not listed yet, but are numbered from 0. */
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

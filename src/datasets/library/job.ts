/** Fetches and conversions into the library, with the dataset's lock, progress, and cancelling. */
import { describeSource, importFile } from '../hdf5/import.ts';
import { hashGivenFile, readGivenHdf5 } from '../hdf5/browser-file.ts';
import { MINARI_METADATA } from '../hdf5/minari.ts';
import type { KnownBodies } from '../reference-returns.ts';
import { sha256Hex } from '../shards/codec.ts';
import { decodeManifest } from '../shards/manifest.ts';
import { folderAddress } from './address.ts';
import { withExclusiveAccess, announceLibraryChange } from './exclusive-access.ts';
import { download, fetchManifest, type DownloadOrder } from './download.ts';
import { BROWSER_WORLD } from './fetch-file.ts';
import { PENDING_MANIFEST, readUnfinished, completeManifest, type DatasetFolder } from './folder.ts';
import { findFolder, openDatasetFolder, removeFolder, storageEstimate, storageFull } from './opfs.ts';
import { missingFiles, planFiles, totalBytes } from './plan.ts';
import type { DatasetJob } from './protocol.ts';
import { writeRows } from './write-rows.ts';
import { Cancelled, ProgressReporter, type ProgressListener } from './progress-reporter.ts';

/** Letters of a hash in a folder's name, enough to avoid collisions. */
const KEY_LETTERS = 24;

export class LibraryJob implements DatasetJob {
  readonly #abort = new AbortController();

  cancel(): void {
    this.#abort.abort(new Cancelled('Stopped. What came so far is kept.'));
  }

  async fetch(address: string, page: string, onProgress: ProgressListener): Promise<string> {
    const folder = folderAddress(address, page);
    const reporter = new ProgressReporter(onProgress);
    reporter.report({ stage: 'asking' });
    const hooks = { signal: this.#abort.signal, onRetry: (problem: string) => reporter.report({ retrying: problem }) };
    const { manifest, bytes } = await fetchManifest(folder, hooks, BROWSER_WORLD);
    const key = `fetched-${(await sha256Hex(bytes)).slice(0, KEY_LETTERS)}`;
    return this.#download(key, { address: folder.href, manifest, manifestBytes: bytes }, reporter);
  }

  async resume(key: string, onProgress: ProgressListener): Promise<string> {
    const folder = await findFolder(key);
    const unfinished = folder && (await readUnfinished(folder));
    const manifestBytes = folder && (await folder.read(PENDING_MANIFEST));
    if (unfinished?.kind !== 'fetch' || !manifestBytes) {
      throw new Error('Nothing is known of where this dataset came from; remove it and fetch it again.');
    }
    const manifest = decodeManifest(manifestBytes);
    return this.#download(
      key,
      { address: unfinished.address, manifest, manifestBytes },
      new ProgressReporter(onProgress),
    );
  }

  async convert(files: File[], bodies: KnownBodies, onProgress: ProgressListener): Promise<string> {
    const { data, metadata } = sortFiles(files);
    const { signal } = this.#abort;
    const reporter = new ProgressReporter(onProgress);
    reporter.report({ stage: 'hashing', id: data.name, total: data.size });
    return readGivenHdf5(data, async (file) => {
      const imported = await importFile(file, async () => metadata?.text() ?? null);
      const source = await hashGivenFile(data, (bytes) => reporter.report({ done: bytes }), signal);
      const about = describeSource(imported, source, {}, bodies);
      const key = `converted-${source.sha256.slice(0, KEY_LETTERS)}`;
      return withExclusiveAccess(key, about.id, async () => {
        const known = await findFolder(key);
        if (known && (await completeManifest(known))) return;
        // A stopped conversion cannot be continued, because the number of chunks is known only at its end.
        await removeFolder(key);
        reporter.restart({ stage: 'converting', key, id: about.id });
        const options = {
          signal,
          onBegin: announceLibraryChange,
          onProgress: (done: number, total: number) => reporter.report({ done, total }),
        };
        const begun = (share: number) => ({ kind: 'convert' as const, name: about.id, bytes: data.size, share });
        await writeRows(await openDatasetFolder(key), imported.rows, about, begun, options).catch(
          async (error: unknown) => {
            if (!(error instanceof Cancelled)) await removeFolder(key);
            throw error;
          },
        );
      });
    });
  }

  async #download(key: string, order: DownloadOrder, reporter: ProgressReporter): Promise<string> {
    return withExclusiveAccess(key, order.manifest.id, async () => {
      const known = await findFolder(key);
      if (known && (await completeManifest(known))) return;
      reporter.restart({ stage: 'checking', key, id: order.manifest.id });
      await assertRoom(known, order);
      const folder = known ?? (await openDatasetFolder(key));
      announceLibraryChange();
      await download(folder, order, BROWSER_WORLD, this.#abort.signal, (progress) => {
        const { bytes: done, totalBytes: total, chunks, totalChunks, retrying } = progress;
        reporter.report({ stage: 'fetching', done, total, chunks: [chunks, totalChunks], retrying });
      });
    });
  }
}

/** @throws StorageFull before anything is fetched, if the dataset does not fit. */
async function assertRoom(folder: DatasetFolder | null, { manifest }: DownloadOrder): Promise<void> {
  const files = planFiles(manifest);
  const needed = totalBytes(folder ? await missingFiles(folder, files) : files);
  const { usage, quota } = await storageEstimate();
  if (quota > 0 && needed > quota - usage) throw await storageFull(needed);
}

/** @throws Error if the files are not one HDF5 file, with or without Minari's metadata. */
function sortFiles(files: readonly File[]): { data: File; metadata: File | null } {
  const metadata = files.find(({ name }) => name === MINARI_METADATA) ?? null;
  const [data, ...more] = files.filter((file) => file !== metadata);
  if (!data) throw new Error(`${MINARI_METADATA} alone holds no data; give main_data.hdf5 with it.`);
  if (more.length > 0) {
    throw new Error(
      `${[data, ...more].map(({ name }) => name).join(', ')}: one HDF5 file at a time, for Minari with its ${MINARI_METADATA}.`,
    );
  }
  return { data, metadata };
}

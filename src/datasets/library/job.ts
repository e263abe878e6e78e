/** Fetches and conversions into the library, each with the dataset's lock, its progress, and a way to stop. */
import { describeSource, importFile } from '../hdf5/import.ts';
import { hashGivenFile, readGivenHdf5 } from '../hdf5/browser-file.ts';
import { MINARI_METADATA } from '../hdf5/minari.ts';
import { sha256Hex } from '../shards/codec.ts';
import { decodeManifest } from '../shards/manifest.ts';
import { writeShards, type ShardSink } from '../shards/writer.ts';
import { folderAddress } from './address.ts';
import { download, fetchManifest, type DownloadOrder } from './download.ts';
import { BROWSER_WORLD } from './fetch-file.ts';
import {
  COMING_MANIFEST,
  readUnfinished,
  UNFINISHED_FILE,
  wholeManifest,
  writeJson,
  type DatasetFolder,
} from './folder.ts';
import { takeDataset } from './locks.ts';
import { findFolder, openFolder, removeFolder, storageEstimate, storageFull } from './opfs.ts';
import { missingFiles, planFiles, totalBytes } from './plan.ts';
import { LIBRARY_CHANNEL, type DatasetJob, type JobProgress } from './protocol.ts';
import { RateMeter } from './rate.ts';

type Listener = (progress: JobProgress) => void;

const TELL_MS = 100;
/** How often an unfinished conversion notes how far it is. */
const NOTE_MS = 1000;
/** Letters of a hash that name a folder: two datasets do not meet. */
const KEY_LETTERS = 24;

/** What a cancelled job ends with. */
export class Cancelled extends Error {
  override name = 'Cancelled';
}

export class LibraryJob implements DatasetJob {
  readonly #abort = new AbortController();

  cancel(): void {
    this.#abort.abort(new Cancelled('Stopped. What came so far is kept.'));
  }

  async fetch(address: string, page: string, onProgress: Listener): Promise<string> {
    const folder = folderAddress(address, page);
    const teller = new Teller(onProgress);
    teller.tell({ stage: 'asking' });
    const hooks = { signal: this.#abort.signal, onRetry: (problem: string) => teller.tell({ retrying: problem }) };
    const { manifest, bytes } = await fetchManifest(folder, hooks, BROWSER_WORLD);
    const key = `fetched-${(await sha256Hex(bytes)).slice(0, KEY_LETTERS)}`;
    return this.#download(key, { address: folder.href, manifest, manifestBytes: bytes }, teller);
  }

  async resume(key: string, onProgress: Listener): Promise<string> {
    const folder = await findFolder(key);
    const unfinished = folder && (await readUnfinished(folder));
    const manifestBytes = folder && (await folder.read(COMING_MANIFEST));
    if (unfinished?.kind !== 'fetch' || !manifestBytes) {
      throw new Error('Nothing is known of where this dataset came from; remove it and fetch it again.');
    }
    const manifest = decodeManifest(manifestBytes);
    return this.#download(key, { address: unfinished.address, manifest, manifestBytes }, new Teller(onProgress));
  }

  async convert(files: File[], onProgress: Listener): Promise<string> {
    const { data, metadata } = sortFiles(files);
    const { signal } = this.#abort;
    const teller = new Teller(onProgress);
    teller.tell({ stage: 'hashing', id: data.name, totalBytes: data.size });
    return readGivenHdf5(data, async (file) => {
      const imported = await importFile(file, async () => metadata?.text() ?? null);
      const source = await hashGivenFile(data, (bytes) => teller.tell({ bytes }), signal);
      const about = describeSource(imported, source, {});
      const key = `converted-${source.sha256.slice(0, KEY_LETTERS)}`;
      return alone(key, about.id, async () => {
        const known = await findFolder(key);
        if (known && (await wholeManifest(known))) return;
        // Chunks of a conversion that was stopped are of no use: how many there are is known at the end alone.
        await removeFolder(key);
        const folder = await openFolder(key);
        const note = (share: number) =>
          writeJson(folder, UNFINISHED_FILE, { kind: 'convert', name: about.id, bytes: data.size, share });
        await note(0);
        announce();
        let share = 0;
        let noted = performance.now();
        const sink: ShardSink = {
          async write(path, bytes) {
            signal.throwIfAborted();
            await folder.write(path, bytes);
            if (performance.now() - noted < NOTE_MS) return;
            noted = performance.now();
            await note(share);
          },
        };
        teller.restart({ stage: 'converting', key, id: about.id });
        await writeShards(imported.rows, about, sink, {
          onProgress({ bytes, totalBytes: all }) {
            share = bytes / all;
            teller.tell({ bytes, totalBytes: all });
          },
        }).catch(async (error: unknown) => {
          if (!(error instanceof Cancelled)) await removeFolder(key);
          throw error;
        });
        await folder.drop(UNFINISHED_FILE);
      });
    });
  }

  async #download(key: string, order: DownloadOrder, teller: Teller): Promise<string> {
    return alone(key, order.manifest.id, async () => {
      const known = await findFolder(key);
      if (known && (await wholeManifest(known))) return;
      teller.restart({ stage: 'checking', key, id: order.manifest.id });
      await demandRoom(known, order);
      const folder = known ?? (await openFolder(key));
      announce();
      await download(folder, order, BROWSER_WORLD, this.#abort.signal, (progress) => {
        const { bytes, totalBytes: all, chunks, totalChunks, retrying } = progress;
        teller.tell({ stage: 'fetching', bytes, totalBytes: all, chunks: [chunks, totalChunks], retrying });
      });
    });
  }
}

/** Does something to a dataset that no other tab may touch meanwhile, and tells all tabs when it is over. */
async function alone(key: string, id: string, work: () => Promise<void>): Promise<string> {
  const release = await takeDataset(key, 'exclusive');
  if (!release) {
    throw new Error(
      `${id} is open or on its way in another tab of this page; it goes on there, or close that tab first.`,
    );
  }
  try {
    await work();
    return key;
  } finally {
    release();
    announce();
  }
}

/** Tells all tabs that the list is another. */
export function announce(): void {
  const channel = new BroadcastChannel(LIBRARY_CHANNEL);
  channel.postMessage('changed');
  channel.close();
}

/** @throws StorageFull before anything is fetched, if all of it cannot be stored. */
async function demandRoom(folder: DatasetFolder | null, { manifest }: DownloadOrder): Promise<void> {
  const files = planFiles(manifest);
  const needed = totalBytes(folder ? await missingFiles(folder, files) : files);
  const { usage, quota } = await storageEstimate();
  if (quota > 0 && needed > quota - usage) throw await storageFull(needed);
}

/** @throws Error if it is not one HDF5 file, with Minari's metadata or without. */
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

/** Tells how far a job is, at most ten times a second, with rate and time left. */
class Teller {
  readonly #listener: Listener;
  #meter = new RateMeter();
  #told = -Infinity;
  #progress: JobProgress = {
    stage: 'asking',
    key: null,
    id: null,
    bytes: 0,
    totalBytes: 0,
    chunks: null,
    rate: null,
    secondsLeft: null,
    retrying: null,
  };

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** A new stage, whose bytes are counted from 0. */
  restart(change: Partial<JobProgress>): void {
    this.#meter = new RateMeter();
    this.tell({ bytes: 0, totalBytes: 0, chunks: null, retrying: null, ...change });
  }

  tell(change: Partial<JobProgress>): void {
    const news = (['stage', 'key', 'retrying'] as const).some(
      (name) => name in change && change[name] !== this.#progress[name],
    );
    Object.assign(this.#progress, change);
    const now = performance.now();
    if (!news && now - this.#told < TELL_MS) return;
    this.#told = now;
    const { bytes, totalBytes: all } = this.#progress;
    if (all > 0) this.#meter.add(now, bytes);
    this.#listener({ ...this.#progress, rate: this.#meter.rate(), secondsLeft: this.#meter.secondsLeft(all) });
  }
}

/** Fetches a dataset into a folder: what is there is kept, the rest comes in parallel, and `dataset.json` last of all. */
import { decodeManifest, MANIFEST_FILE, zarrFiles, type Manifest } from '../shards/manifest.ts';
import { fileAddress } from './address.ts';
import { fetchPlanned, fetchWhole, type FetchHooks, type FetchWorld } from './fetch-file.ts';
import { COMING_MANIFEST, ORIGIN_FILE, UNFINISHED_FILE, writeJson, type DatasetFolder } from './folder.ts';
import { missingFiles, planFiles, totalBytes, type PlannedFile } from './plan.ts';

/** Chunks on the way at the same time: what browsers open to one host at most. */
export const AT_ONCE = 6;
/** No manifest is longer; an episode takes some thirty bytes. */
const MANIFEST_BYTES = 64 * 2 ** 20;

/** An address that was mistyped should not be tried for long. */
const MANIFEST_ATTEMPTS = 3;

export interface DownloadProgress {
  /** Bytes of the chunks: those that were there and those that came, and all of them. */
  bytes: number;
  totalBytes: number;
  chunks: number;
  totalChunks: number;
  /** What went wrong last and is being tried again, or null. */
  retrying: string | null;
}

/**
 * The manifest at an address.
 *
 * @throws FetchProblem, or Error that says what is wrong with it.
 */
export async function fetchManifest(
  folder: URL,
  hooks: FetchHooks,
  world: FetchWorld,
): Promise<{ manifest: Manifest; bytes: Uint8Array<ArrayBuffer> }> {
  const url = fileAddress(folder, MANIFEST_FILE);
  const bytes = await fetchWhole(url, { most: MANIFEST_BYTES }, { attempts: MANIFEST_ATTEMPTS, ...hooks }, world);
  try {
    return { manifest: decodeManifest(bytes), bytes };
  } catch (error) {
    throw new Error(`${url}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What a download starts from. */
export interface DownloadOrder {
  address: string;
  manifest: Manifest;
  /** The file that the manifest was read from. */
  manifestBytes: Uint8Array;
}

/**
 * Brings a folder to the whole of a dataset. When it fails or is stopped, all chunks that came whole stay, and the next
 * call goes on from them.
 *
 * @throws FetchProblem that names the first chunk that could not be had, or the signal's reason.
 */
export async function download(
  folder: DatasetFolder,
  { address, manifest, manifestBytes }: DownloadOrder,
  world: FetchWorld,
  signal: AbortSignal,
  onProgress: (progress: DownloadProgress) => void,
): Promise<void> {
  const files = planFiles(manifest);
  const bytes = totalBytes(files);
  await folder.write(COMING_MANIFEST, manifestBytes);
  await writeJson(folder, UNFINISHED_FILE, { kind: 'fetch', address, id: manifest.id, bytes });
  const missing = await missingFiles(folder, files);
  const progress: DownloadProgress = {
    bytes: bytes - totalBytes(missing),
    totalBytes: bytes,
    chunks: files.length - missing.length,
    totalChunks: files.length,
    retrying: null,
  };
  onProgress(progress);
  await inParallel(missing, AT_ONCE, signal, async (file, stop) => {
    let came = 0;
    const hooks: FetchHooks = {
      signal: stop,
      onBytes(now) {
        progress.bytes += now - came;
        came = now;
        onProgress(progress);
      },
      onRetry(problem) {
        progress.retrying = problem;
        onProgress(progress);
      },
    };
    const content = await fetchPlanned(fileAddress(address, file.path), file, hooks, world);
    stop.throwIfAborted();
    await folder.write(file.path, content);
    progress.chunks++;
    progress.retrying = null;
    onProgress(progress);
  });
  for (const [path, text] of zarrFiles(manifest)) await folder.write(path, new TextEncoder().encode(text));
  await writeJson(folder, ORIGIN_FILE, { address });
  await folder.write(MANIFEST_FILE, manifestBytes);
  await folder.drop(UNFINISHED_FILE);
  await folder.drop(COMING_MANIFEST);
}

/** Works through a list, a few at a time. The first failure stops the others, which are waited for, and is thrown. */
async function inParallel(
  files: readonly PlannedFile[],
  atOnce: number,
  signal: AbortSignal,
  work: (file: PlannedFile, stop: AbortSignal) => Promise<void>,
): Promise<void> {
  signal.throwIfAborted();
  const others = new AbortController();
  const stop = AbortSignal.any([signal, others.signal]);
  const queue = [...files];
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined && !stop.aborted; file = queue.shift()) await work(file, stop);
  };
  const failures: unknown[] = [];
  await Promise.all(
    Array.from({ length: Math.min(atOnce, files.length) }, () =>
      worker().catch((error: unknown) => {
        failures.push(error);
        others.abort();
      }),
    ),
  );
  signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
}

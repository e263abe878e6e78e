/** Downloads a dataset into a folder: missing chunks in parallel, and `dataset.json` last. */
import { decodeManifest, MANIFEST_FILE, zarrFiles, type Manifest } from '../shards/manifest.ts';
import { fileAddress } from './address.ts';
import { fetchPlanned, fetchWhole, type FetchHooks, type FetchWorld } from './fetch-file.ts';
import { PENDING_MANIFEST, ORIGIN_FILE, UNFINISHED_FILE, writeJson, type DatasetFolder } from './folder.ts';
import { missingFiles, planFiles, totalBytes, type PlannedFile } from './plan.ts';

/** Parallel fetches: the most connections that browsers open to one host. */
export const PARALLEL_FETCHES = 6;
/** The longest manifest; an episode takes some 30 bytes. */
const MAX_MANIFEST_BYTES = 64 * 2 ** 20;

/** Few attempts, because the address may be mistyped. */
const MANIFEST_ATTEMPTS = 3;

export interface DownloadProgress {
  /** Bytes of the stored chunks, and of all. */
  bytes: number;
  totalBytes: number;
  chunks: number;
  totalChunks: number;
  /** The last problem, which is being retried, or null. */
  retrying: string | null;
}

/**
 * Fetches the manifest at an address.
 *
 * @throws FetchProblem, or Error that says what is wrong with the manifest.
 */
export async function fetchManifest(
  folder: URL,
  hooks: FetchHooks,
  world: FetchWorld,
): Promise<{ manifest: Manifest; bytes: Uint8Array<ArrayBuffer> }> {
  const url = fileAddress(folder, MANIFEST_FILE);
  const bytes = await fetchWhole(url, { most: MAX_MANIFEST_BYTES }, { attempts: MANIFEST_ATTEMPTS, ...hooks }, world);
  try {
    return { manifest: decodeManifest(bytes), bytes };
  } catch (error) {
    throw new Error(`${url}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A dataset to download. */
export interface DownloadOrder {
  address: string;
  manifest: Manifest;
  /** The file that the manifest was read from. */
  manifestBytes: Uint8Array;
}

/**
 * Completes a folder. If it fails or is stopped, complete chunks stay, and the next call continues from them.
 *
 * @throws FetchProblem that names the first chunk that could not be fetched, or the signal's reason.
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
  await folder.write(PENDING_MANIFEST, manifestBytes);
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
  await inParallel(missing, PARALLEL_FETCHES, signal, async (file, stop) => {
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
  await folder.drop(PENDING_MANIFEST);
}

/** Processes a list in parallel. The first failure stops the others and is thrown once they have ended. */
async function inParallel(
  files: readonly PlannedFile[],
  limit: number,
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
    Array.from({ length: Math.min(limit, files.length) }, () =>
      worker().catch((error: unknown) => {
        failures.push(error);
        others.abort();
      }),
    ),
  );
  signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
}

/** Shards in a folder on disk. */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { readManifest, type ShardStore } from '../datasets/shards/reader.ts';
import type { Manifest } from '../datasets/shards/manifest.ts';
import type { ShardSink } from '../datasets/shards/writer.ts';
import { UsageError } from './console.ts';

/** Separates a target's name from the unique suffix of its temporary folder. */
const PARTIAL = '.partial-';
/** A temporary folder untouched for this long belongs to a killed command. */
const STALE_MS = 24 * 3600 * 1000;

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Whether the path is a folder. @throws UsageError If it does not exist. */
export async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: unknown) => {
    throw new UsageError(`${path} could not be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  return found.isDirectory();
}

export function folderStore(folder: string): ShardStore {
  return {
    async read(path) {
      try {
        return new Uint8Array(await readFile(join(folder, path)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
    },
  };
}

export interface OpenFolder {
  store: ShardStore;
  manifest: Manifest;
}

/** Opens a folder of shards. @throws UsageError If it is no folder; Error if its manifest is missing or wrong. */
export async function openShardFolder(folder: string): Promise<OpenFolder> {
  if (!(await isFolder(folder))) throw new UsageError(`${folder} is a file; a dataset is a folder with dataset.json.`);
  const store = folderStore(folder);
  const manifest = await readManifest(store).catch((error: unknown) => {
    throw new Error(`${folder}: ${error instanceof Error ? error.message : String(error)}`);
  });
  return { store, manifest };
}

/**
 * Creates and fills a folder atomically: it is written under a temporary name and renamed when complete. It is removed if
 * that fails.
 *
 * @throws UsageError If the path exists.
 */
export async function writeFolder<Result>(folder: string, fill: (sink: ShardSink) => Promise<Result>): Promise<Result> {
  return writeAtomically(folder, async (partial) => {
    await mkdir(partial);
    return fill({
      async write(path, bytes) {
        const file = join(partial, path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, bytes);
      },
    });
  });
}

/**
 * Writes a file or folder under a temporary name in the same folder, and renames it when complete.
 *
 * @throws UsageError If the path exists.
 */
export async function writeAtomically<Result>(
  place: string,
  write: (partial: string) => Promise<Result>,
): Promise<Result> {
  const target = resolve(place);
  if (await exists(target)) {
    throw new UsageError(`${place} is there already; remove it, or name another place.`);
  }
  await mkdir(dirname(target), { recursive: true });
  await sweep(target);
  const temporary = await mkdtemp(`${target}${PARTIAL}`);
  try {
    const partial = join(temporary, basename(target));
    const result = await write(partial);
    await rename(partial, target);
    return result;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Removes temporary folders that killed commands left next to a target. */
async function sweep(target: string): Promise<void> {
  const prefix = `${basename(target)}${PARTIAL}`;
  for (const name of await readdir(dirname(target))) {
    const path = join(dirname(target), name);
    if (!name.startsWith(prefix) || Date.now() - (await lastTouch(path)) < STALE_MS) continue;
    await rm(path, { recursive: true, force: true });
  }
}

/** Last modification of anything in a folder, in milliseconds; now if it is just being removed. */
async function lastTouch(path: string): Promise<number> {
  try {
    const inside = (await readdir(path, { recursive: true })).map((name) => join(path, name));
    const times = await Promise.all([path, ...inside].map(async (file) => (await stat(file)).mtimeMs));
    return Math.max(...times);
  } catch {
    return Date.now();
  }
}

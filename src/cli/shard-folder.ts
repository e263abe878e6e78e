/** Shards in a folder of this machine. */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { readManifest, type ShardStore } from '../datasets/shards/reader.ts';
import type { Manifest } from '../datasets/shards/manifest.ts';
import type { ShardSink } from '../datasets/shards/writer.ts';
import { UsageError } from './console.ts';

/** Between a place's name and what makes the name of its workshop unique. */
const PARTIAL = '.partial-';
/** A workshop that nobody touched for so long belongs to a command that was killed. */
const LEFT_MS = 24 * 3600 * 1000;

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Whether the path is a folder. @throws UsageError if there is nothing. */
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

/** Opens a folder of shards. @throws UsageError if it is no folder, Error if its manifest is missing or wrong. */
export async function openShardFolder(folder: string): Promise<OpenFolder> {
  if (!(await isFolder(folder))) throw new UsageError(`${folder} is a file; a dataset is a folder with dataset.json.`);
  const store = folderStore(folder);
  const manifest = await readManifest(store).catch((error: unknown) => {
    throw new Error(`${folder}: ${error instanceof Error ? error.message : String(error)}`);
  });
  return { store, manifest };
}

/**
 * Fills a new folder: it is written beside its place under another name and gets its own when all is there. What
 * failed on the way is removed.
 *
 * @throws UsageError if the place is taken.
 */
export async function writeFolder<Result>(folder: string, fill: (sink: ShardSink) => Promise<Result>): Promise<Result> {
  return inPlace(folder, async (partial) => {
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
 * Has something written under a name of its own, beside its place, and moves it there when it is whole.
 *
 * @throws UsageError if the place is taken.
 */
export async function inPlace<Result>(place: string, write: (partial: string) => Promise<Result>): Promise<Result> {
  const target = resolve(place);
  if (await exists(target)) {
    throw new UsageError(`${place} is there already; remove it, or name another place.`);
  }
  await mkdir(dirname(target), { recursive: true });
  await sweep(target);
  const workshop = await mkdtemp(`${target}${PARTIAL}`);
  try {
    const partial = join(workshop, basename(target));
    const result = await write(partial);
    await rename(partial, target);
    return result;
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/** Removes what killed commands left beside a place. */
async function sweep(target: string): Promise<void> {
  const prefix = `${basename(target)}${PARTIAL}`;
  for (const name of await readdir(dirname(target))) {
    const path = join(dirname(target), name);
    if (!name.startsWith(prefix) || Date.now() - (await lastTouch(path)) < LEFT_MS) continue;
    await rm(path, { recursive: true, force: true });
  }
}

/** When anything in a folder was last changed, in milliseconds; now, if it is just being removed. */
async function lastTouch(path: string): Promise<number> {
  try {
    const inside = (await readdir(path, { recursive: true })).map((name) => join(path, name));
    const times = await Promise.all([path, ...inside].map(async (file) => (await stat(file)).mtimeMs));
    return Math.max(...times);
  } catch {
    return Date.now();
  }
}

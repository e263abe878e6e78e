/** Shards in a folder of this machine. */
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { readManifest, type ShardStore } from '../datasets/shards/reader.ts';
import type { Manifest } from '../datasets/shards/manifest.ts';
import type { ShardSink } from '../datasets/shards/writer.ts';
import { UsageError } from './console.ts';

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

/** Opens a folder of shards. @throws UsageError if it is no folder, Error if its manifest is missing or wrong. */
export async function openFolder(folder: string): Promise<{ store: ShardStore; manifest: Manifest }> {
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
  const workshop = await mkdtemp(`${target}.partial-`);
  try {
    const partial = join(workshop, basename(target));
    const result = await write(partial);
    await rename(partial, target);
    return result;
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

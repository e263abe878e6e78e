/**
 * A dataset's folder in the library. `dataset.json` is written last. A folder without a valid one holds an unfinished
 * dataset, which `unfinished.json` describes.
 */
import { z } from 'zod';
import { MANIFEST_FILE, type Manifest } from '../shards/manifest.ts';
import { readManifest, type ShardStore } from '../shards/reader.ts';
import type { ShardSink } from '../shards/writer.ts';

export interface DatasetFolder extends ShardStore, ShardSink {
  /** The file's size, or null if there is none. */
  size(path: string): Promise<number | null>;
  /** Removes a file if it exists. */
  drop(path: string): Promise<void>;
}

/** The manifest of an unfinished fetch. */
export const PENDING_MANIFEST = 'dataset.json.coming';
export const UNFINISHED_FILE = 'unfinished.json';
/** The address that a complete dataset was fetched from. */
export const ORIGIN_FILE = 'origin.json';

const unfinishedSchema = z.discriminatedUnion('kind', [
  /** The manifest is stored in `PENDING_MANIFEST`; missing files are fetched from the address. */
  z.object({ kind: z.literal('fetch'), address: z.string(), id: z.string(), bytes: z.number() }),
  /** `share` of the file was converted when this was last written; the user must provide the file again. */
  z.object({ kind: z.literal('convert'), name: z.string(), bytes: z.number(), share: z.number() }),
  /** Rows collected here, of which `share` was written. */
  z.object({ kind: z.literal('collect'), name: z.string(), share: z.number() }),
]);
export type Unfinished = z.infer<typeof unfinishedSchema>;

const originSchema = z.object({ address: z.string() });

export async function writeJson(folder: DatasetFolder, path: string, value: unknown): Promise<void> {
  await folder.write(path, new TextEncoder().encode(JSON.stringify(value)));
}

async function readJson<Value>(folder: ShardStore, path: string, schema: z.ZodType<Value>): Promise<Value | null> {
  const bytes = await folder.read(path);
  if (!bytes) return null;
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    // The write was cut off: treat the file as missing.
    return null;
  }
}

export function readUnfinished(folder: ShardStore): Promise<Unfinished | null> {
  return readJson(folder, UNFINISHED_FILE, unfinishedSchema);
}

/** The address that a complete dataset was fetched from, or null. */
export async function readOrigin(folder: ShardStore): Promise<string | null> {
  return (await readJson(folder, ORIGIN_FILE, originSchema))?.address ?? null;
}

/** The manifest of a complete dataset; null if it is missing or its write was cut off. */
export async function completeManifest(folder: ShardStore): Promise<Manifest | null> {
  if (!(await folder.read(MANIFEST_FILE))) return null;
  return readManifest(folder).catch(() => null);
}

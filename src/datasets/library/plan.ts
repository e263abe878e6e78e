/** The files of a dataset, and those that are still to be fetched. */
import { ARRAY_NAMES } from '../arrays.ts';
import { sha256Hex } from '../shards/codec.ts';
import { chunkPath, type ChunkEntry, type Manifest } from '../shards/manifest.ts';
import type { ShardStore } from '../shards/reader.ts';

/** A file with its expected size and hash. */
export interface PlannedFile extends ChunkEntry {
  path: string;
}

/** All chunks, in the order of the arrays. */
export function planFiles(manifest: Manifest): PlannedFile[] {
  return ARRAY_NAMES.flatMap((name) => {
    const entry = manifest.arrays[name];
    return entry.chunks.map((chunk, index) => ({ path: chunkPath(name, entry, index), ...chunk }));
  });
}

export function totalBytes(files: readonly PlannedFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Bytes of all chunks. */
export function storedBytes(manifest: Manifest): number {
  return totalBytes(planFiles(manifest));
}

/** Whether these are the bytes of that file. */
async function isFile(bytes: Uint8Array<ArrayBuffer>, file: PlannedFile): Promise<boolean> {
  return bytes.length === file.bytes && (await sha256Hex(bytes)) === file.sha256;
}

/** Files that a store lacks, or has with other contents (a write that was cut off, for example). */
export async function missingFiles(store: ShardStore, files: readonly PlannedFile[]): Promise<PlannedFile[]> {
  const missing: PlannedFile[] = [];
  for (const file of files) {
    const bytes = await store.read(file.path);
    if (!bytes || !(await isFile(bytes, file))) missing.push(file);
  }
  return missing;
}

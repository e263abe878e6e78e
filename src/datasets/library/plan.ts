/** What is to be fetched of a dataset: every chunk, once; and what of it is there already. */
import { ARRAY_NAMES } from '../arrays.ts';
import { sha256Hex } from '../shards/codec.ts';
import { chunkPath, type ChunkEntry, type Manifest } from '../shards/manifest.ts';
import type { ShardStore } from '../shards/reader.ts';

/** A file with the size and hash that it has to have. */
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

/** Whether these are the bytes of that file. */
async function isFile(bytes: Uint8Array<ArrayBuffer>, file: PlannedFile): Promise<boolean> {
  return bytes.length === file.bytes && (await sha256Hex(bytes)) === file.sha256;
}

/** Which files are not in a store, or are there with other contents: cut off in the writing, say. */
export async function missingFiles(store: ShardStore, files: readonly PlannedFile[]): Promise<PlannedFile[]> {
  const missing: PlannedFile[] = [];
  for (const file of files) {
    const bytes = await store.read(file.path);
    if (!bytes || !(await isFile(bytes, file))) missing.push(file);
  }
  return missing;
}

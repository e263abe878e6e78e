/** Writes rows that were made here (converted, collected) as a dataset of the library. */
import type { RowSource } from '../arrays.ts';
import { writeShards, type DatasetAbout, type ShardSink } from '../shards/writer.ts';
import { UNFINISHED_FILE, writeJson, type DatasetFolder, type Unfinished } from './folder.ts';

/** How often unfinished writing notes how far it is. */
const NOTE_MS = 1000;

export interface WriteRowsOptions {
  signal: AbortSignal;
  /** The folder holds a note of what is on its way. */
  onBegin: () => void;
  /** Bytes before compression: written so far, and of all. */
  onProgress: (done: number, total: number) => void;
}

/**
 * Fills an empty folder. What is on the way when it fails or is aborted says so itself.
 *
 * @param begun what to note of a dataset of which a share (0 to 1) is written.
 * @throws the signal's reason once it is aborted; Error of a value that cannot be stored.
 */
export async function writeRows(
  folder: DatasetFolder,
  rows: RowSource,
  about: DatasetAbout,
  begun: (share: number) => Unfinished,
  { signal, onBegin, onProgress }: WriteRowsOptions,
): Promise<void> {
  await writeJson(folder, UNFINISHED_FILE, begun(0));
  onBegin();
  let share = 0;
  let noted = performance.now();
  const sink: ShardSink = {
    async write(path, bytes) {
      signal.throwIfAborted();
      await folder.write(path, bytes);
      if (performance.now() - noted < NOTE_MS) return;
      noted = performance.now();
      await writeJson(folder, UNFINISHED_FILE, begun(share));
    },
  };
  await writeShards(rows, about, sink, {
    onProgress({ bytes, totalBytes }) {
      share = bytes / totalBytes;
      onProgress(bytes, totalBytes);
    },
  });
  await folder.drop(UNFINISHED_FILE);
}

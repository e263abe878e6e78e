/** Writes rows that were converted or collected here as a dataset of the library. */
import type { RowSource } from '../arrays.ts';
import { writeShards, type DatasetDescription, type ShardSink } from '../shards/writer.ts';
import { UNFINISHED_FILE, writeJson, type DatasetFolder, type Unfinished } from './folder.ts';

/** How often the progress of a write is stored. */
const STATUS_INTERVAL_MS = 1000;

interface WriteRowsOptions {
  signal: AbortSignal;
  /** Called once the folder describes the unfinished dataset. */
  onBegin: () => void;
  /** Bytes before compression: written so far, and in all. */
  onProgress: (done: number, total: number) => void;
}

/**
 * Fills an empty folder. After a failure or an abort the folder describes an unfinished dataset.
 *
 * @param begun describes a dataset of which a share (0 to 1) is written.
 * @throws the signal's reason once it is aborted; Error for a value that cannot be stored.
 */
export async function writeRows(
  folder: DatasetFolder,
  rows: RowSource,
  about: DatasetDescription,
  begun: (share: number) => Unfinished,
  { signal, onBegin, onProgress }: WriteRowsOptions,
): Promise<void> {
  await writeJson(folder, UNFINISHED_FILE, begun(0));
  onBegin();
  let share = 0;
  let lastWrite = performance.now();
  const sink: ShardSink = {
    async write(path, bytes) {
      signal.throwIfAborted();
      await folder.write(path, bytes);
      if (performance.now() - lastWrite < STATUS_INTERVAL_MS) return;
      lastWrite = performance.now();
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

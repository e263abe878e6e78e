/** Writes shards: every array chunk by chunk, zarr's own files, and `dataset.json` last. */
import { FLAG_ARRAYS, FLOAT_ARRAYS, type FlagArrayName, type FloatArrayName, type RowSource } from '../arrays.ts';
import { indexEpisodes } from '../episodes.ts';
import { countTransitions } from '../transitions.ts';
import { deflate, sha256Hex, shuffle } from './codec.ts';
import { ColumnTally, type NotFinite } from './column-statistics.ts';
import {
  CHUNK_BYTES,
  chunkPath,
  chunkRowsFor,
  encodeManifest,
  MANIFEST_FILE,
  rawChunkBytes,
  SHARD_FORMAT,
  SHARD_VERSION,
  STORED_BYTES,
  validateManifest,
  zarrFiles,
  type ArrayEntry,
  type FloatEntry,
  type ChunkEntry,
  type Manifest,
  type Storage,
} from './manifest.ts';
import { affineFor, decodeColumns, encodeColumns, type Affine } from './quantise.ts';

/** An empty folder that shards are written to. */
export interface ShardSink {
  write(path: string, bytes: Uint8Array): Promise<void>;
}

/** What the manifest says besides the rows' own counts and statistics. */
export type DatasetDescription = Pick<
  Manifest,
  'id' | 'environment' | 'referenceReturns' | 'licence' | 'provenance' | 'notes' | 'source'
>;

interface WriteProgress {
  array: string;
  /** Bytes of the arrays before compression: written so far, and in all. */
  bytes: number;
  totalBytes: number;
}

interface WriteOptions {
  /** Of observations and actions; default float32. */
  storage?: Storage;
  /** Bytes of a chunk before compression; default `CHUNK_BYTES`. */
  chunkBytes?: number;
  onProgress?: (progress: WriteProgress) => void;
}

/** Chunks that are compressed and written while the next one is read. */
const PARALLEL_CHUNKS = 2;

/**
 * Writes a dataset and returns its manifest. If it fails there is no `dataset.json`, so the folder is not a dataset.
 *
 * @throws Error that names array, row and column of a value that cannot be stored.
 */
export async function writeShards(
  source: RowSource,
  about: DatasetDescription,
  sink: ShardSink,
  { storage = 'float32', chunkBytes = CHUNK_BYTES, onProgress = () => undefined }: WriteOptions = {},
): Promise<Manifest> {
  if (source.rows < 1) throw new Error('The source has no rows; a dataset has at least one.');
  const width = (name: FloatArrayName) => source[name].columns ?? 1;
  const storageOf = (name: FloatArrayName): Storage => (name === 'rewards' ? 'float32' : storage);
  const rowBytes = FLOAT_ARRAYS.reduce((sum, name) => sum + width(name) * STORED_BYTES[storageOf(name)], 2);
  const progress: WriteProgress = { array: '', bytes: 0, totalBytes: source.rows * rowBytes };
  const report = (array: string, bytes: number) => {
    onProgress(Object.assign(progress, { array, bytes: progress.bytes + bytes }));
  };

  const rewards = new Float32Array(source.rows);
  const flags = { terminals: new Uint8Array(source.rows), timeouts: new Uint8Array(source.rows) };
  const writer = new ArrayWriter(source, sink, chunkBytes, report);
  const arrays = {
    observations: await writer.floats('observations', storage),
    actions: await writer.floats('actions', storage),
    rewards: await writer.floats('rewards', 'float32', rewards),
    terminals: await writer.flags('terminals', flags.terminals),
    timeouts: await writer.flags('timeouts', flags.timeouts),
  };

  const episodes = indexEpisodes(rewards, flags.terminals, flags.timeouts);
  const set = (name: FlagArrayName) => flags[name].reduce((sum, flag) => sum + flag, 0);
  const [terminals, timeouts] = FLAG_ARRAYS.map(set) as [number, number];
  const manifest = validateManifest({
    format: SHARD_FORMAT,
    version: SHARD_VERSION,
    ...about,
    counts: {
      rows: source.rows,
      episodes: episodes.starts.length,
      terminals,
      timeouts,
      transitions: countTransitions(flags.timeouts),
    },
    arrays,
    episodes,
  });
  for (const [path, text] of zarrFiles(manifest)) await sink.write(path, new TextEncoder().encode(text));
  await sink.write(MANIFEST_FILE, encodeManifest(manifest));
  return manifest;
}

class ArrayWriter {
  readonly #source: RowSource;
  readonly #sink: ShardSink;
  readonly #chunkBytes: number;
  readonly #report: (array: string, bytes: number) => void;

  constructor(source: RowSource, sink: ShardSink, chunkBytes: number, report: (array: string, bytes: number) => void) {
    this.#source = source;
    this.#sink = sink;
    this.#chunkBytes = chunkBytes;
    this.#report = report;
  }

  /** @param keep overwritten with the stored values, one per row. */
  async floats(name: FloatArrayName, storage: Storage, keep?: Float32Array): Promise<FloatEntry> {
    const { rows } = this.#source;
    const array = this.#source[name];
    const columns = array.columns ?? 1;
    const affine = storage === 'int16' ? this.#affine(name) : undefined;
    const tally = new ColumnTally(columns);
    const maxError = new Array<number>(columns).fill(0);
    const shape = array.columns === null ? [rows] : [rows, columns];
    const layout = { shape, dtype: storage, chunkRows: chunkRowsFor(rows, columns, storage, this.#chunkBytes) };
    const entry = { ...layout, ...(affine && { affine }) } as FloatEntry;
    entry.chunks = await this.#chunks(name, entry, (begin, end) => {
      const values = array.read(begin, end);
      this.#assertFinite(name, tally.add(values));
      const stored = encodeColumns(values, storage, columns, affine);
      const bytes = new Uint8Array(stored.buffer as ArrayBuffer, stored.byteOffset, stored.byteLength);
      if (storage !== 'float32' || values instanceof Float64Array) {
        const back = decodeColumns(bytes, storage, columns, affine);
        this.#assertFinite(name, raiseErrors(maxError, values, back, begin), storage);
      }
      keep?.set(stored as Float32Array, begin);
      return bytes;
    });
    return Object.assign(entry, { sourceDtype: array.dtype, maxError, ...tally.statistics() });
  }

  async flags(name: FlagArrayName, keep: Uint8Array): Promise<Manifest['arrays'][FlagArrayName]> {
    const { rows } = this.#source;
    const entry: Manifest['arrays'][FlagArrayName] = {
      shape: [rows],
      dtype: 'bool',
      chunkRows: chunkRowsFor(rows, 1, 'bool', this.#chunkBytes),
      chunks: [],
    };
    entry.chunks = await this.#chunks(name, entry, (begin, end) => {
      const values = this.#source[name].read(begin, end);
      keep.set(values, begin);
      return values;
    });
    return entry;
  }

  /** Reads, compresses and writes chunks, a few in parallel. @param block returns the stored bytes of rows. */
  async #chunks(
    name: FloatArrayName | FlagArrayName,
    entry: ArrayEntry,
    block: (begin: number, end: number) => Uint8Array,
  ): Promise<ChunkEntry[]> {
    const chunks: Promise<ChunkEntry>[] = [];
    const { rows } = this.#source;
    try {
      for (let begin = 0; begin < rows; begin += entry.chunkRows) {
        await chunks.at(-PARALLEL_CHUNKS);
        const bytes = block(begin, Math.min(rows, begin + entry.chunkRows));
        const chunk = this.#chunk(chunkPath(name, entry, chunks.length), entry, bytes);
        // It may fail while another is awaited; `Promise.all` below throws the error.
        chunk.catch(() => undefined);
        chunks.push(chunk);
        this.#report(name, bytes.length);
      }
    } finally {
      // After a failure nothing is still being written.
      await Promise.allSettled(chunks);
    }
    return Promise.all(chunks);
  }

  async #chunk(path: string, entry: ArrayEntry, bytes: Uint8Array): Promise<ChunkEntry> {
    const whole = new Uint8Array(rawChunkBytes(entry));
    whole.set(bytes);
    const size = STORED_BYTES[entry.dtype];
    const packed = await deflate(size === 1 ? whole : shuffle(whole, size));
    await this.#sink.write(path, packed);
    return { bytes: packed.length, sha256: await sha256Hex(packed) };
  }

  /** int16 needs each column's range in advance, so the array is read once more. */
  #affine(name: FloatArrayName): Affine {
    const { rows } = this.#source;
    const array = this.#source[name];
    const columns = array.columns ?? 1;
    const tally = new ColumnTally(columns);
    const step = chunkRowsFor(rows, columns, 'float32', this.#chunkBytes);
    for (let begin = 0; begin < rows; begin += step) {
      this.#assertFinite(name, tally.add(array.read(begin, Math.min(rows, begin + step))));
    }
    const { min, max } = tally.statistics();
    return affineFor(min, max);
  }

  #assertFinite(name: FloatArrayName, found: NotFinite | null, storage?: Storage): void {
    if (!found) return;
    const { row, column, value } = found;
    const where = `${name}, row ${row}${this.#source[name].columns === null ? '' : `, column ${column}`}`;
    const origin = this.#source.where(row);
    throw new Error(
      `${where}${origin === '' ? '' : ` (${origin})`} holds ${value}; ` +
        (storage ? `${storage} cannot hold it.` : 'only finite numbers are stored.'),
    );
  }
}

/**
 * Updates each column's largest error between the source's values and the decoded ones.
 * @returns the first value that became infinite, or null.
 */
function raiseErrors(
  maxError: number[],
  values: Float32Array | Float64Array,
  back: Float32Array,
  begin: number,
): NotFinite | null {
  const columns = maxError.length;
  for (let i = 0, column = 0; i < values.length; i++) {
    const error = Math.abs(back[i]! - values[i]!);
    if (error > maxError[column]!) {
      if (error === Infinity) return { row: begin + Math.floor(i / columns), column, value: values[i]! };
      maxError[column] = error;
    }
    if (++column === columns) column = 0;
  }
  return null;
}

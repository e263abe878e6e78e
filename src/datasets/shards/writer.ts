/** Writes shards: every array chunk by chunk, zarr's own files, and `dataset.json` last of all. */
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
import { affineFor, decodeFloats, encodeFloats, type Affine } from './quantise.ts';

/** Where shards are written to: an empty folder. */
export interface ShardSink {
  write(path: string, bytes: Uint8Array): Promise<void>;
}

/** What the manifest says that the rows do not. */
export type DatasetAbout = Pick<
  Manifest,
  'id' | 'environment' | 'referenceReturns' | 'licence' | 'provenance' | 'notes' | 'source'
>;

export interface WriteProgress {
  array: string;
  /** Bytes of the arrays before compression: written so far, and of all. */
  bytes: number;
  totalBytes: number;
}

export interface WriteOptions {
  /** Of observations and actions; float32 unless told. */
  storage?: Storage;
  /** Bytes of a chunk before compression, `CHUNK_BYTES` unless told. */
  chunkBytes?: number;
  onProgress?: (progress: WriteProgress) => void;
}

/** Chunks that are compressed and written while the next is read. */
const AT_ONCE = 2;

/**
 * Writes a dataset and gives its manifest. What is on the way when it fails is no dataset: without `dataset.json`.
 *
 * @throws Error that names array, row and column of a value that cannot be stored.
 */
export async function writeShards(
  source: RowSource,
  about: DatasetAbout,
  sink: ShardSink,
  { storage = 'float32', chunkBytes = CHUNK_BYTES, onProgress = () => undefined }: WriteOptions = {},
): Promise<Manifest> {
  if (source.rows < 1) throw new Error('The source has no rows; a dataset has at least one.');
  const width = (name: FloatArrayName) => source[name].columns ?? 1;
  const storageOf = (name: FloatArrayName): Storage => (name === 'rewards' ? 'float32' : storage);
  const rowBytes = FLOAT_ARRAYS.reduce((sum, name) => sum + width(name) * STORED_BYTES[storageOf(name)], 2);
  const progress: WriteProgress = { array: '', bytes: 0, totalBytes: source.rows * rowBytes };
  const tell = (array: string, bytes: number) => {
    onProgress(Object.assign(progress, { array, bytes: progress.bytes + bytes }));
  };

  const rewards = new Float32Array(source.rows);
  const flags = { terminals: new Uint8Array(source.rows), timeouts: new Uint8Array(source.rows) };
  const writer = new ArrayWriter(source, sink, chunkBytes, tell);
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
  private readonly source: RowSource;
  private readonly sink: ShardSink;
  private readonly chunkBytes: number;
  private readonly tell: (array: string, bytes: number) => void;

  constructor(source: RowSource, sink: ShardSink, chunkBytes: number, tell: (array: string, bytes: number) => void) {
    this.source = source;
    this.sink = sink;
    this.chunkBytes = chunkBytes;
    this.tell = tell;
  }

  /** @param keep takes the stored values, one a row. */
  async floats(name: FloatArrayName, storage: Storage, keep?: Float32Array): Promise<FloatEntry> {
    const { rows } = this.source;
    const array = this.source[name];
    const columns = array.columns ?? 1;
    const affine = storage === 'int16' ? this.affine(name) : undefined;
    const tally = new ColumnTally(columns);
    const maxError = new Array<number>(columns).fill(0);
    const shape = array.columns === null ? [rows] : [rows, columns];
    const layout = { shape, dtype: storage, chunkRows: chunkRowsFor(rows, columns, storage, this.chunkBytes) };
    const entry = { ...layout, ...(affine && { affine }) } as FloatEntry;
    entry.chunks = await this.chunks(name, entry, (begin, end) => {
      const values = array.read(begin, end);
      this.demandFinite(name, tally.add(values));
      const stored = encodeFloats(values, storage, columns, affine);
      const bytes = new Uint8Array(stored.buffer as ArrayBuffer, stored.byteOffset, stored.byteLength);
      if (storage !== 'float32' || values instanceof Float64Array) {
        const back = decodeFloats(bytes, storage, columns, affine);
        this.demandFinite(name, raiseErrors(maxError, values, back, begin), storage);
      }
      keep?.set(stored as Float32Array, begin);
      return bytes;
    });
    return Object.assign(entry, { sourceDtype: array.dtype, maxError, ...tally.statistics() });
  }

  async flags(name: FlagArrayName, keep: Uint8Array): Promise<Manifest['arrays'][FlagArrayName]> {
    const { rows } = this.source;
    const entry: Manifest['arrays'][FlagArrayName] = {
      shape: [rows],
      dtype: 'bool',
      chunkRows: chunkRowsFor(rows, 1, 'bool', this.chunkBytes),
      chunks: [],
    };
    entry.chunks = await this.chunks(name, entry, (begin, end) => {
      const values = this.source[name].read(begin, end);
      keep.set(values, begin);
      return values;
    });
    return entry;
  }

  /** Reads, packs and writes chunk after chunk, a few at a time. @param block gives the stored bytes of rows. */
  private async chunks(
    name: FloatArrayName | FlagArrayName,
    entry: ArrayEntry,
    block: (begin: number, end: number) => Uint8Array,
  ): Promise<ChunkEntry[]> {
    const chunks: Promise<ChunkEntry>[] = [];
    const { rows } = this.source;
    try {
      for (let begin = 0; begin < rows; begin += entry.chunkRows) {
        await chunks.at(-AT_ONCE);
        const bytes = block(begin, Math.min(rows, begin + entry.chunkRows));
        const chunk = this.chunk(chunkPath(name, entry, chunks.length), entry, bytes);
        // It may fail while another is awaited; that it did comes to light below.
        chunk.catch(() => undefined);
        chunks.push(chunk);
        this.tell(name, bytes.length);
      }
    } finally {
      // Nothing is still being written when this fails.
      await Promise.allSettled(chunks);
    }
    return Promise.all(chunks);
  }

  private async chunk(path: string, entry: ArrayEntry, bytes: Uint8Array): Promise<ChunkEntry> {
    const whole = new Uint8Array(rawChunkBytes(entry));
    whole.set(bytes);
    const size = STORED_BYTES[entry.dtype];
    const packed = await deflate(size === 1 ? whole : shuffle(whole, size));
    await this.sink.write(path, packed);
    return { bytes: packed.length, sha256: await sha256Hex(packed) };
  }

  /** int16 needs each column's range before its first row is written: one reading more. */
  private affine(name: FloatArrayName): Affine {
    const { rows } = this.source;
    const array = this.source[name];
    const columns = array.columns ?? 1;
    const tally = new ColumnTally(columns);
    const step = chunkRowsFor(rows, columns, 'float32', this.chunkBytes);
    for (let begin = 0; begin < rows; begin += step) {
      this.demandFinite(name, tally.add(array.read(begin, Math.min(rows, begin + step))));
    }
    const { min, max } = tally.statistics();
    return affineFor(min, max);
  }

  private demandFinite(name: FloatArrayName, found: NotFinite | null, storage?: Storage): void {
    if (!found) return;
    const { row, column, value } = found;
    const where = `${name}, row ${row}${this.source[name].columns === null ? '' : `, column ${column}`}`;
    const origin = this.source.where(row);
    throw new Error(
      `${where}${origin === '' ? '' : ` (${origin})`} holds ${value}; ` +
        (storage ? `${storage} cannot hold it.` : 'only finite numbers are stored.'),
    );
  }
}

/**
 * Raises each column's largest distance between a source's values and what is read back of them.
 * @returns the first value that became infinite, if any.
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

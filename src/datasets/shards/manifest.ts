/**
 * `dataset.json`, the manifest of a folder of shards; docs/datasets.md describes every field. Paths of chunks follow from
 * array names and chunk numbers, so that no manifest can lead out of its folder.
 */
import { z } from 'zod';
import { ARRAY_NAMES, type ArrayName } from '../arrays.ts';

export const MANIFEST_FILE = 'dataset.json';
export const SHARD_FORMAT = 'offline-rl-shards';
export const SHARD_VERSION = 1;

/** Bytes of a chunk before compression: the writer's target, and the most that a reader accepts. */
export const CHUNK_BYTES = 4 * 2 ** 20;
const MAX_CHUNK_BYTES = 64 * 2 ** 20;
const MAX_ROWS = 2 ** 30;
const MAX_COLUMNS = 65_536;
/** Overhead of deflate for incompressible data. */
const DEFLATE_SLACK = 1024;

export const STORED_BYTES = { float32: 4, float16: 2, int16: 2, bool: 1 } as const;
type StoredDtype = keyof typeof STORED_BYTES;
/** How observations and actions may be stored; rewards are always float32. */
export const STORAGES = ['float32', 'float16', 'int16'] as const;
export type Storage = (typeof STORAGES)[number];

const text = z.string({ error: 'a text' });
const name = text.regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/, {
  error: 'a name of 1 to 200 letters, digits, and . _ - /, that begins with a letter or digit',
});
const count = z.int({ error: 'a whole number from 0 on' }).min(0, { error: 'a whole number from 0 on' });
const rowCount = z
  .int({ error: `a whole number from 1 to ${MAX_ROWS}` })
  .min(1, { error: `a whole number from 1 to ${MAX_ROWS}` })
  .max(MAX_ROWS, { error: `a whole number from 1 to ${MAX_ROWS}` });
const finite = z.number({ error: 'a finite number' });
const sha256 = text.regex(/^[0-9a-f]{64}$/, { error: 'a SHA-256 in 64 lower-case hexadecimal digits' });
const numbers = z.array(finite, { error: 'a list of finite numbers' });

const chunkSchema = z.strictObject({ bytes: count, sha256 });
const laidOut = {
  chunkRows: rowCount,
  chunks: z.array(chunkSchema, { error: 'a list of chunks' }),
};
const perColumn = {
  sourceDtype: z.enum(['float32', 'float64'], { error: 'float32 or float64' }),
  maxError: numbers,
  min: numbers,
  max: numbers,
  mean: numbers,
  std: numbers,
};
const columnCount = rowCount.max(MAX_COLUMNS, { error: `a whole number from 1 to ${MAX_COLUMNS}` });
const matrixSchema = z.strictObject({
  shape: z.tuple([rowCount, columnCount], { error: 'two lengths: rows, columns' }),
  dtype: z.enum(STORAGES, { error: STORAGES.join(', ') }),
  ...laidOut,
  affine: z.strictObject({ scale: numbers, offset: numbers }).optional(),
  ...perColumn,
});
const rewardsSchema = z.strictObject({
  shape: z.tuple([rowCount], { error: 'one length: rows' }),
  dtype: z.literal('float32', { error: 'float32' }),
  ...laidOut,
  ...perColumn,
});
const flagsSchema = z.strictObject({
  shape: z.tuple([rowCount], { error: 'one length: rows' }),
  dtype: z.literal('bool', { error: 'bool' }),
  ...laidOut,
});

const plainManifest = z.strictObject({
  format: z.literal(SHARD_FORMAT, { error: SHARD_FORMAT }),
  version: z.literal(SHARD_VERSION, { error: `${SHARD_VERSION}, the version that this program reads` }),
  id: name,
  environment: text.nullable(),
  counts: z.strictObject({
    rows: rowCount,
    episodes: count,
    terminals: count,
    timeouts: count,
    transitions: count,
  }),
  arrays: z.strictObject({
    observations: matrixSchema,
    actions: matrixSchema,
    rewards: rewardsSchema,
    terminals: flagsSchema,
    timeouts: flagsSchema,
  }),
  episodes: z.strictObject({
    starts: z.array(count, { error: 'a list of rows' }),
    returns: numbers,
    ends: z.array(z.enum(['terminal', 'timeout', 'cut'], { error: 'terminal, timeout or cut' }), {
      error: 'a list of terminal, timeout or cut',
    }),
  }),
  referenceReturns: z.strictObject({ min: finite, max: finite, source: text }).nullable(),
  licence: text,
  provenance: text,
  notes: z.array(text, { error: 'a list of texts' }),
  source: z.strictObject({
    layout: z.enum(['d4rl', 'minari', 'rollouts'], { error: 'd4rl, minari or rollouts' }),
    name: text,
    bytes: count,
    sha256,
    published: text.nullable(),
  }),
});

export type Manifest = z.infer<typeof plainManifest>;
export type ArrayEntry = Manifest['arrays'][ArrayName];
export type FloatEntry = Manifest['arrays']['observations' | 'actions' | 'rewards'];
export type ChunkEntry = z.infer<typeof chunkSchema>;

const manifestSchema = plainManifest.superRefine((manifest, context) => {
  const wrong = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
  for (const array of ARRAY_NAMES) {
    for (const [field, message] of misfits(manifest.arrays[array], manifest.counts.rows)) {
      wrong(['arrays', array, field], message);
    }
  }
  for (const [path, message] of episodeMisfits(manifest)) wrong(path, message);
});

/** Numbers per row; 1 for a flat array. */
export function columnsOf({ shape }: ArrayEntry): number {
  return shape[1] ?? 1;
}

/** Bytes of a chunk before compression. All chunks have the same size; zeros pad the last one. */
export function rawChunkBytes(entry: ArrayEntry): number {
  return entry.chunkRows * columnsOf(entry) * STORED_BYTES[entry.dtype];
}

/** Rows per chunk, for chunks of `chunkBytes` before compression. */
export function chunkRowsFor(rows: number, columns: number, dtype: StoredDtype, chunkBytes: number): number {
  return Math.min(rows, Math.max(1, Math.floor(chunkBytes / (columns * STORED_BYTES[dtype]))));
}

/** Path of a chunk within the folder, as in zarr. Only rows are chunked. */
export function chunkPath(array: ArrayName, entry: ArrayEntry, index: number): string {
  return `${array}/${index}${entry.shape.length === 2 ? '.0' : ''}`;
}

/** Zarr's own files, by path. They follow from the manifest; `verifyShards` compares them. */
export function zarrFiles(manifest: Manifest): Map<string, string> {
  const files = new Map([['.zgroup', json({ zarr_format: 2 })]]);
  for (const array of ARRAY_NAMES) {
    const entry = manifest.arrays[array];
    const bytes = STORED_BYTES[entry.dtype];
    files.set(
      `${array}/.zarray`,
      json({
        zarr_format: 2,
        shape: entry.shape,
        chunks: [entry.chunkRows, ...entry.shape.slice(1)],
        dtype: { float32: '<f4', float16: '<f2', int16: '<i2', bool: '|b1' }[entry.dtype],
        order: 'C',
        fill_value: entry.dtype === 'bool' ? false : 0,
        dimension_separator: '.',
        filters: bytes === 1 ? null : [{ id: 'shuffle', elementsize: bytes }],
        compressor: { id: 'zlib', level: 6 },
      }),
    );
    const affine = 'affine' in entry ? entry.affine : undefined;
    if (affine) {
      files.set(`${array}/.zattrs`, json({ scale_factor: affine.scale, add_offset: affine.offset }));
    }
  }
  return files;
}

export function encodeManifest(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(json(manifest));
}

/**
 * Decodes a `dataset.json`.
 *
 * @throws Error that lists each wrong field and what was expected.
 */
export function decodeManifest(bytes: Uint8Array): Manifest {
  let raw: unknown;
  try {
    raw = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new Error(`${MANIFEST_FILE} is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  return validateManifest(raw);
}

/** @throws Error that lists each wrong field and what was expected. */
export function validateManifest(raw: unknown): Manifest {
  const other = otherVersion(raw);
  if (other !== null) throw new Error(other);
  const result = manifestSchema.safeParse(raw);
  if (result.success) return result.data;
  const shown = result.error.issues.slice(0, 8).map(({ path, message }) => {
    const field = path.join('.') || 'the whole';
    return `  ${field}: ${message}`;
  });
  const more = result.error.issues.length - shown.length;
  throw new Error(
    [`${MANIFEST_FILE} does not fit; right would be:`, ...shown, ...(more > 0 ? [`  and ${more} more`] : [])].join(
      '\n',
    ),
  );
}

/** The error for another format or version, whose fields are not checked; null if it is ours. */
function otherVersion(raw: unknown): string | null {
  if (typeof raw !== 'object' || raw === null) return `${MANIFEST_FILE} is not a JSON object.`;
  const { format, version } = raw as { format?: unknown; version?: unknown };
  if (format !== SHARD_FORMAT) {
    return `${MANIFEST_FILE} has the format ${JSON.stringify(format) ?? 'missing'}; read is "${SHARD_FORMAT}".`;
  }
  if (version !== SHARD_VERSION) {
    return `${MANIFEST_FILE} has version ${JSON.stringify(version) ?? 'missing'}; read is ${SHARD_VERSION}. Convert the source file anew.`;
  }
  return null;
}

function* misfits(entry: ArrayEntry, rows: number): Generator<[string, string]> {
  const columns = columnsOf(entry);
  if (entry.shape[0] !== rows) yield ['shape', `${rows} rows, as in counts.rows`];
  if (entry.chunkRows > entry.shape[0]) yield ['chunkRows', `at most the ${entry.shape[0]} rows`];
  const raw = rawChunkBytes(entry);
  if (raw > MAX_CHUNK_BYTES)
    yield ['chunkRows', `so few that a chunk has at most ${MAX_CHUNK_BYTES} bytes, not ${raw}`];
  const chunks = Math.ceil(entry.shape[0] / entry.chunkRows);
  if (entry.chunks.length !== chunks) yield ['chunks', `${chunks} chunks of ${entry.chunkRows} rows`];
  const most = Math.ceil(raw * 1.01) + DEFLATE_SLACK;
  if (entry.chunks.some(({ bytes }) => bytes > most)) yield ['chunks', `at most ${most} bytes each`];
  if (entry.dtype === 'bool') return;
  for (const field of ['maxError', 'min', 'max', 'mean', 'std'] as const) {
    if (entry[field].length !== columns) yield [field, `${columns} numbers, one a column`];
  }
  const affine = 'affine' in entry ? entry.affine : undefined;
  if ((entry.dtype === 'int16') !== (affine !== undefined)) {
    yield ['affine', entry.dtype === 'int16' ? 'scale and offset of each column' : 'nothing, as for floats'];
  } else if (affine && (affine.scale.length !== columns || affine.offset.length !== columns)) {
    yield ['affine', `${columns} scales and offsets, one a column`];
  }
}

function* episodeMisfits({ counts, episodes }: Manifest): Generator<[string[], string]> {
  for (const field of ['starts', 'returns', 'ends'] as const) {
    if (episodes[field].length !== counts.episodes) yield [['episodes', field], `${counts.episodes}, one an episode`];
  }
  const { starts } = episodes;
  const inOrder = starts.every((start, i) => (i === 0 ? start === 0 : start > starts[i - 1]!) && start < counts.rows);
  if (!inOrder || starts.length === 0) {
    yield [['episodes', 'starts'], `rows that begin with 0, rise, and stay below ${counts.rows}`];
  }
  for (const field of ['terminals', 'timeouts', 'transitions'] as const) {
    if (counts[field] > counts.rows) yield [['counts', field], `at most the ${counts.rows} rows`];
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** Reads shards. Every chunk's hash is checked before it is decompressed. */
import { ARRAY_NAMES, isFlagArray, type ArrayName, type FlagArrayName, type FloatArrayName } from '../arrays.ts';
import { indexEpisodes } from '../episodes.ts';
import { countTransitions, type Trajectories } from '../transitions.ts';
import { inflate, sha256Hex, unshuffle } from './codec.ts';
import {
  chunkPath,
  columnsOf,
  decodeManifest,
  MANIFEST_FILE,
  rawChunkBytes,
  STORED_BYTES,
  zarrFiles,
  type FloatEntry,
  type Manifest,
} from './manifest.ts';
import { decodeColumns } from './quantise.ts';

/** Where shards are read from. */
export interface ShardStore {
  /** @returns the file's bytes, or null if there is none. @throws Error if it cannot be read. */
  read(path: string): Promise<Uint8Array<ArrayBuffer> | null>;
}

/** What is wrong with one file of a dataset. */
interface ShardProblem {
  path: string;
  problem: string;
}

/** @throws Error if there is no manifest, or one with wrong fields, which it names. */
export async function readManifest(store: ShardStore): Promise<Manifest> {
  const bytes = await store.read(MANIFEST_FILE);
  if (!bytes) {
    throw new Error(`There is no ${MANIFEST_FILE}: this is no dataset, or one that was never finished.`);
  }
  return decodeManifest(bytes);
}

/**
 * Reads a whole array of floats, row-major.
 * @param out overwritten, of the array's length; default a new array.
 * @throws Error that names a missing or damaged chunk.
 */
export async function readFloats(
  store: ShardStore,
  manifest: Manifest,
  name: FloatArrayName,
  out: Float32Array = new Float32Array(manifest.counts.rows * columnsOf(manifest.arrays[name])),
): Promise<Float32Array> {
  const entry = manifest.arrays[name];
  for (const { begin, values } of floatBlocks(store, manifest, name)) {
    out.set(await values(), begin * columnsOf(entry));
  }
  return out;
}

/** A block of rows, read on demand. */
interface RowBlock<Values> {
  begin: number;
  end: number;
  values: () => Promise<Values>;
}

/** An array of floats as blocks of rows, one per chunk. */
export function floatBlocks(store: ShardStore, manifest: Manifest, name: FloatArrayName): RowBlock<Float32Array>[] {
  const entry = manifest.arrays[name] as FloatEntry;
  const columns = columnsOf(entry);
  const affine = 'affine' in entry ? entry.affine : undefined;
  return blocks(store, manifest, name).map(({ begin, end, values }) => ({
    begin,
    end,
    values: async () => decodeColumns(await values(), entry.dtype, columns, affine),
  }));
}

/** Flags as blocks of rows, one per chunk. */
export function flagBlocks(
  store: ShardStore,
  manifest: Manifest,
  name: FlagArrayName,
): RowBlock<Uint8Array<ArrayBuffer>>[] {
  return blocks(store, manifest, name);
}

/** All flags, 0 or 1. @throws Error that names a missing or damaged chunk. */
async function readFlags(store: ShardStore, manifest: Manifest, name: FlagArrayName): Promise<Uint8Array> {
  const out = new Uint8Array(manifest.counts.rows);
  for (const { begin, values } of flagBlocks(store, manifest, name)) out.set(await values(), begin);
  return out;
}

/**
 * Reads the whole dataset.
 * @param room arrays that observations and actions are written to; default new ones.
 * @throws Error that names a missing or damaged chunk.
 */
export async function readTrajectories(
  store: ShardStore,
  manifest: Manifest,
  room: Partial<Pick<Trajectories, 'observations' | 'actions'>> = {},
): Promise<Trajectories> {
  return {
    observations: await readFloats(store, manifest, 'observations', room.observations),
    actions: await readFloats(store, manifest, 'actions', room.actions),
    rewards: await readFloats(store, manifest, 'rewards'),
    terminals: await readFlags(store, manifest, 'terminals'),
    timeouts: await readFlags(store, manifest, 'timeouts'),
  };
}

/**
 * Checks every file: sizes, hashes, lengths, zarr's files, and that counts and episodes match the rows.
 *
 * @returns the problems, file by file; empty if there are none.
 */
export async function verifyShards(
  store: ShardStore,
  manifest: Manifest,
  onProgress: (files: number, total: number) => void = () => undefined,
): Promise<ShardProblem[]> {
  const problems: ShardProblem[] = [];
  const texts = zarrFiles(manifest);
  const total = ARRAY_NAMES.reduce((sum, name) => sum + manifest.arrays[name].chunks.length, texts.size);
  let files = 0;
  for (const [path, text] of texts) {
    const bytes = await store.read(path);
    if (!bytes) problems.push({ path, problem: 'missing' });
    else if (new TextDecoder().decode(bytes) !== text) {
      problems.push({ path, problem: `differs from what ${MANIFEST_FILE} asks for: ${text.trim()}` });
    }
    onProgress(++files, total);
  }
  const { rows } = manifest.counts;
  const rewards = new Float32Array(rows);
  const flags = { terminals: new Uint8Array(rows), timeouts: new Uint8Array(rows) };
  for (const name of ARRAY_NAMES) {
    const target = name === 'rewards' ? rewards : isFlagArray(name) ? flags[name] : null;
    const all = isFlagArray(name) ? flagBlocks(store, manifest, name) : floatBlocks(store, manifest, name);
    for (const { begin, values } of all) {
      try {
        const block = await values();
        target?.set(block, begin);
      } catch (error) {
        if (!(error instanceof ChunkError)) throw error;
        problems.push({ path: error.path, problem: error.problem });
      }
      onProgress(++files, total);
    }
  }
  if (problems.length === 0) problems.push(...summaryProblems(manifest, rewards, flags));
  return problems;
}

/** A chunk that does not match the manifest. */
class ChunkError extends Error {
  readonly path: string;
  readonly problem: string;

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}.`);
    this.path = path;
    this.problem = problem;
  }
}

/** Chunks as stored bytes of their rows. */
function blocks(store: ShardStore, manifest: Manifest, name: ArrayName): RowBlock<Uint8Array<ArrayBuffer>>[] {
  const entry = manifest.arrays[name];
  const rowBytes = columnsOf(entry) * STORED_BYTES[entry.dtype];
  return entry.chunks.map((_, index) => {
    const begin = index * entry.chunkRows;
    const end = Math.min(manifest.counts.rows, begin + entry.chunkRows);
    const values = async () => (await readChunk(store, manifest, name, index)).subarray(0, (end - begin) * rowBytes);
    return { begin, end, values };
  });
}

async function readChunk(
  store: ShardStore,
  manifest: Manifest,
  name: ArrayName,
  index: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const entry = manifest.arrays[name];
  const path = chunkPath(name, entry, index);
  const { bytes: length, sha256 } = entry.chunks[index]!;
  const packed = await store.read(path);
  if (!packed) throw new ChunkError(path, 'missing');
  if (packed.length !== length) throw new ChunkError(path, `has ${packed.length} bytes, not ${length}`);
  const found = await sha256Hex(packed);
  if (found !== sha256) throw new ChunkError(path, `has the SHA-256 ${found}, not ${sha256}`);
  try {
    const raw = await inflate(packed, rawChunkBytes(entry));
    const size = STORED_BYTES[entry.dtype];
    return size === 1 ? raw : unshuffle(raw, size);
  } catch (error) {
    throw new ChunkError(path, error instanceof Error ? error.message : String(error));
  }
}

function summaryProblems(
  { counts, episodes }: Manifest,
  rewards: Float32Array,
  { terminals, timeouts }: { terminals: Uint8Array; timeouts: Uint8Array },
): ShardProblem[] {
  const set = (flags: Uint8Array) => flags.reduce((sum, flag) => sum + flag, 0);
  const found = indexEpisodes(rewards, terminals, timeouts);
  const right = {
    episodes: found.starts.length,
    terminals: set(terminals),
    timeouts: set(timeouts),
    transitions: countTransitions(timeouts),
  };
  const problems: string[] = [];
  for (const key of ['episodes', 'terminals', 'timeouts', 'transitions'] as const) {
    if (counts[key] !== right[key]) problems.push(`counts.${key} is ${counts[key]}; the rows have ${right[key]}`);
  }
  for (const key of ['starts', 'returns', 'ends'] as const) {
    const at = found[key].findIndex((value, episode) => value !== episodes[key][episode]);
    if (at >= 0) {
      problems.push(`episodes.${key} has ${episodes[key][at]} for episode ${at}; the rows have ${found[key][at]}`);
    }
  }
  return problems.map((problem) => ({ path: MANIFEST_FILE, problem }));
}

import { beforeAll, describe, expect, it } from 'vitest';
import * as zarr from 'zarrita';
import { ARRAY_NAMES } from '../arrays.ts';
import { MemoryFolder, sourceOf, SYNTHETIC, syntheticTrajectories } from '../testing.ts';
import { deflate, sha256Hex } from './codec.ts';
import { encodeManifest, MANIFEST_FILE, STORAGES, validateManifest, type Manifest, type Storage } from './manifest.ts';
import { readFloats, readManifest, readTrajectories, verifyShards } from './reader.ts';
import { writeShards } from './writer.ts';

/** Two chunks of observations: 524 rows and 176. */
const ROWS = 700;
const WIDTH = 20;
const CHUNK_BYTES = 524 * WIDTH * 4;
const DATA = syntheticTrajectories(ROWS, WIDTH, 3);

/** zarrita has 16-bit floats only where the language has them. */
const READABLE = STORAGES.filter((storage) => storage !== 'float16' || 'Float16Array' in globalThis);

async function written(storage: Storage, double = false) {
  const folder = new MemoryFolder();
  const manifest = await writeShards(sourceOf(DATA, double), SYNTHETIC, folder, { storage, chunkBytes: CHUNK_BYTES });
  return { folder, manifest };
}

let whole: Awaited<ReturnType<typeof written>>;
beforeAll(async () => {
  whole = await written('float32');
});

/** A copy to be damaged. */
function copy(): { folder: MemoryFolder; manifest: Manifest } {
  const folder = new MemoryFolder();
  for (const [path, bytes] of whole.folder.files) folder.files.set(path, bytes.slice());
  return { folder, manifest: structuredClone(whole.manifest) };
}

describe('shards', () => {
  it('shards read back bit for bit', async () => {
    const { folder } = whole;
    const manifest = await readManifest(folder);
    expect(manifest).toEqual(whole.manifest);
    expect(await readTrajectories(folder, manifest)).toEqual(DATA);
    expect(manifest.arrays.observations.chunks).toHaveLength(2);
    expect(manifest.counts).toEqual({ rows: ROWS, episodes: 100, terminals: 50, timeouts: 50, transitions: 650 });
    expect(new Set(manifest.arrays.observations.maxError)).toEqual(new Set([0]));
    expect(await verifyShards(folder, manifest)).toEqual([]);
  });

  it.each(READABLE)('shards of %s are read alike by zarrita', async (storage) => {
    const { folder, manifest } = await written(storage);
    const store = { get: (path: `/${string}`) => Promise.resolve(folder.files.get(path.slice(1))) };
    for (const name of ARRAY_NAMES) {
      const array = await zarr.open.v2(zarr.root(store).resolve(name), { kind: 'array' });
      const entry = manifest.arrays[name];
      expect(array.shape).toEqual(entry.shape);
      const { data } = await zarr.get(array);
      const values = Array.from(data as Iterable<number | boolean>, Number);
      const ours = (await readTrajectories(folder, manifest))[name];
      if (entry.dtype !== 'int16') {
        expect(values).toEqual(Array.from(ours));
      } else {
        const { scale_factor: scale, add_offset: offset } = array.attrs as Record<string, number[]>;
        const columns = entry.shape[1] as number;
        const scaled = values.map((q, i) => Math.fround(offset![i % columns]! + scale![i % columns]! * q));
        expect(scaled).toEqual(Array.from(ours));
      }
    }
  });

  it.each(['float16', 'int16'] as const)('shards of %s are within their stated error', async (storage) => {
    const { folder, manifest } = await written(storage);
    const { maxError } = manifest.arrays.observations;
    const stored = await readFloats(folder, manifest, 'observations');
    const found = new Array<number>(WIDTH).fill(0);
    stored.forEach((value, i) => {
      found[i % WIDTH] = Math.max(found[i % WIDTH]!, Math.abs(value - DATA.observations[i]!));
    });
    expect(found).toEqual(maxError);
    expect(Math.max(...maxError)).toBeLessThan(storage === 'int16' ? 1e-4 : 2e-3);
    expect(await readFloats(folder, manifest, 'rewards')).toEqual(DATA.rewards);
    expect(await verifyShards(folder, manifest)).toEqual([]);
  });

  it('shards state the rounding error of float64 sources', async () => {
    const { manifest } = await written('float32', true);
    const { sourceDtype, maxError } = manifest.arrays.rewards;
    expect(sourceDtype).toBe('float64');
    expect(maxError[0]).toBeGreaterThan(0);
    expect(maxError[0]).toBeLessThan(1e-6);
  });

  it('shards state range, mean and deviation of each column', () => {
    const { min, max, mean, std } = whole.manifest.arrays.rewards;
    const rewards = [...DATA.rewards];
    const average = rewards.reduce((sum, reward) => sum + reward, 0) / ROWS;
    expect([min[0], max[0]]).toEqual([Math.min(...rewards), Math.max(...rewards)]);
    expect(mean[0]).toBeCloseTo(average, 10);
    expect(std[0]).toBeCloseTo(Math.sqrt(rewards.reduce((sum, r) => sum + (r - average) ** 2, 0) / ROWS), 10);
  });

  it('shards of a single row or a constant column can be int16', async () => {
    const one = syntheticTrajectories(1, 2, 1);
    const folder = new MemoryFolder();
    const manifest = await writeShards(sourceOf(one), SYNTHETIC, folder, { storage: 'int16' });
    expect(await readFloats(folder, manifest, 'observations')).toEqual(one.observations);
    expect(manifest.counts).toMatchObject({ rows: 1, episodes: 1, transitions: 0 });
  });
});

describe('what cannot be stored', () => {
  const changed = (change: (data: typeof DATA) => void, storage: Storage = 'float32') => {
    const data = syntheticTrajectories(20, 4, 2);
    change(data);
    return writeShards(sourceOf(data), SYNTHETIC, new MemoryFolder(), { storage });
  };

  it.each(STORAGES)('a number that is not finite is named by array, row, column and source (%s)', async (storage) => {
    await expect(changed((data) => (data.observations[4 * 13 + 2] = NaN), storage)).rejects.toThrow(
      'observations, row 13, column 2 (the 13th) holds NaN; only finite numbers are stored.',
    );
    await expect(changed((data) => (data.rewards[7] = -Infinity), storage)).rejects.toThrow(
      'rewards, row 7 (the 7th) holds -Infinity',
    );
  });

  it('a number beyond float16 is named', async () => {
    await expect(changed((data) => (data.actions[5] = 1e6), 'float16')).rejects.toThrow(
      'actions, row 2, column 1 (the 2th) holds 1000000; float16 cannot hold it.',
    );
  });
});

describe('a half-written folder', () => {
  it('an interrupted shard folder has no manifest, wherever writing stopped', async () => {
    const { size } = whole.folder.files;
    expect([...whole.folder.files.keys()].at(-1)).toBe(MANIFEST_FILE);
    for (const stop of [1, 2, 4, size - 2, size - 1]) {
      const folder = new MemoryFolder();
      const write = folder.write.bind(folder);
      let writes = 0;
      folder.write = (path, bytes) => (++writes > stop ? Promise.reject(new Error('disk full')) : write(path, bytes));
      await expect(writeShards(sourceOf(DATA), SYNTHETIC, folder, { chunkBytes: CHUNK_BYTES })).rejects.toThrow(
        'disk full',
      );
      await expect(readManifest(folder)).rejects.toThrow('no dataset, or one that was never finished');
    }
  });
});

describe('damage', () => {
  const path = 'observations/1.0';

  it('a flipped bit, a wrong length or a missing shard is named by path', async () => {
    const { folder, manifest } = copy();
    folder.files.get(path)![1000]! ^= 1;
    folder.files.set('actions/0.0', folder.files.get('actions/0.0')!.slice(0, -1));
    folder.files.delete('terminals/0');
    folder.files.delete('.zgroup');
    folder.files.set('rewards/.zarray', new TextEncoder().encode('{}'));
    const problems = await verifyShards(folder, manifest);
    expect(problems.map((problem) => problem.path).sort()).toEqual(
      [path, 'actions/0.0', 'terminals/0', '.zgroup', 'rewards/.zarray'].sort(),
    );
    const of = (name: string) => problems.find((problem) => problem.path === name)?.problem;
    expect(of(path)).toMatch(/^has the SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}$/);
    expect(of('actions/0.0')).toMatch(/^has \d+ bytes, not \d+$/);
    expect(of('terminals/0')).toBe('missing');
    expect(of('rewards/.zarray')).toContain('differs from what dataset.json asks for');
    await expect(readFloats(folder, manifest, 'observations')).rejects.toThrow(`${path}: has the SHA-256`);
  });

  /** Puts other contents in the place of a chunk, with a manifest that vouches for them. */
  async function replaced(bytes: Uint8Array<ArrayBuffer>) {
    const { folder, manifest } = copy();
    folder.files.set(path, bytes);
    manifest.arrays.observations.chunks[1] = { bytes: bytes.length, sha256: await sha256Hex(bytes) };
    return (await verifyShards(folder, manifest)).map(({ problem }) => problem);
  }

  it('a shard of the right hash with wrong contents is named', async () => {
    const right = 524 * WIDTH * 4;
    expect(await replaced(new Uint8Array(100))).toEqual([expect.stringContaining('not sound zlib data')]);
    expect(await replaced(await deflate(new Uint8Array(right + 1)))).toEqual([
      `it unpacks to more than the ${right} bytes that it should have`,
    ]);
    expect(await replaced(await deflate(new Uint8Array(right - 4)))).toEqual([
      `it unpacks to ${right - 4} bytes, not the ${right} that it should have`,
    ]);
    expect(await replaced(whole.folder.files.get(path)!.slice(0, 1000))).toEqual([
      expect.stringContaining('not sound zlib data'),
    ]);
  });

  it('wrong counts and episodes are detected from the rows', async () => {
    const { folder, manifest } = copy();
    manifest.counts.terminals--;
    manifest.episodes.returns[3] = 12;
    const problems = (await verifyShards(folder, manifest)).map(({ problem }) => problem);
    expect(problems).toEqual([
      'counts.terminals is 49; the rows have 50',
      expect.stringContaining('episodes.returns has 12 for episode 3; the rows have'),
    ]);
  });
});

describe('a manifest', () => {
  const cases: [string, (manifest: Manifest) => void, string][] = [
    ['another version', (m) => Object.assign(m, { version: 2 }), 'has version 2; read is 1'],
    ['another format', (m) => Object.assign(m, { format: 'zip' }), 'has the format "zip"; read is "offline-rl-shards"'],
    ['no counts', (m) => delete (m as Partial<Manifest>).counts, 'counts:'],
    ['a field more', (m) => Object.assign(m, { extra: 1 }), 'extra'],
    ['rows that disagree', (m) => (m.arrays.actions.shape[0] = 699), 'arrays.actions.shape: 700 rows'],
    ['a chunk too few', (m) => m.arrays.observations.chunks.pop(), 'arrays.observations.chunks: 2 chunks of 524 rows'],
    ['absurd chunks', (m) => (m.arrays.observations.shape[1] = 60_000), 'at most 67108864 bytes'],
    ['absurd rows', (m) => (m.counts.rows = 1e15), 'counts.rows: a whole number from 1 to'],
    ['an absurd file', (m) => (m.arrays.rewards.chunks[0]!.bytes = 1e9), 'arrays.rewards.chunks: at most'],
    ['a hash that is none', (m) => (m.source.sha256 = '../../etc'), 'source.sha256: a SHA-256'],
    ['a name with a way out', (m) => (m.id = '../up'), 'id: a name'],
    ['statistics of other columns', (m) => m.arrays.actions.min.pop(), 'arrays.actions.min: 3 numbers'],
    ['int16 without a scale', (m) => (m.arrays.actions.dtype = 'int16'), 'arrays.actions.affine: scale and offset'],
    ['episodes out of order', (m) => m.episodes.starts.reverse(), 'episodes.starts: rows that begin with 0, rise'],
    ['an episode too many', (m) => m.episodes.ends.push('cut'), 'episodes.ends: 100, one an episode'],
  ];
  it.each(cases)('a manifest with %s is rejected with the reason', (_, change, message) => {
    const manifest = structuredClone(whole.manifest);
    change(manifest);
    expect(() => validateManifest(manifest)).toThrow(message);
  });

  it('a manifest that is truncated or not JSON is rejected', async () => {
    const folder = new MemoryFolder();
    await folder.write(MANIFEST_FILE, encodeManifest(whole.manifest).slice(0, 500));
    await expect(readManifest(folder)).rejects.toThrow('dataset.json is not JSON');
    await folder.write(MANIFEST_FILE, new TextEncoder().encode('[]'));
    await expect(readManifest(folder)).rejects.toThrow('has the format missing');
  });
});

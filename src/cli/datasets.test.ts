/** `lab convert`, `inspect`, `verify` and `export` on files that the tests write. */
import { readdir, readFile, rm, utimes, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import h5wasm from 'h5wasm/node';
import { describe, expect, it } from 'vitest';
import { datasetAt, floatVector } from '../datasets/hdf5/readers.ts';
import { d4rlContents, minariEpisode, writeFixture, type Written } from '../datasets/hdf5/testing.ts';
import { describeSource, importFile } from '../datasets/hdf5/import.ts';
import { KNOWN_BODIES } from '../environments/bodies/index.ts';
import { readTrajectories } from '../datasets/shards/reader.ts';
import { readHdf5 } from './hdf5-file.ts';
import { folderStore, openShardFolder } from './shard-folder.ts';
import { json, run, temporaryFolder } from './testing.ts';

const at = temporaryFolder('datasets');

let made = 0;
/** Writes a file with these contents. @returns Its path, and the folder to convert it to. */
async function fixture(contents: Written, name = 'data.hdf5'): Promise<[string, string]> {
  const home = at(String(++made));
  await mkdir(home);
  await writeFixture(join(home, name), contents);
  return [join(home, name), join(home, 'shards')];
}

/** The error of a conversion that must fail. Also checks that it leaves no files. */
async function complaint(path: string, ...flags: string[]): Promise<string> {
  const home = at(String(++made));
  const { code, err } = await run('convert', path, join(home, 'shards'), ...flags);
  expect(code).toBeGreaterThan(0);
  expect(await readdir(home).catch(() => [])).toEqual([]);
  return err;
}

async function complaintOf(contents: Written, name?: string): Promise<string> {
  return complaint((await fixture(contents, name))[0]);
}

it('lab convert deletes only what interrupted conversions left next to its target', async () => {
  const [from, to] = await fixture(d4rlContents(20));
  const writePartial = async (path: string, hours: number) => {
    await mkdir(path);
    await writeFile(join(path, 'chunk'), 'x');
    const time = new Date(Date.now() - hours * 3_600_000);
    await utimes(join(path, 'chunk'), time, time);
    await utimes(path, time, time);
  };
  await writePartial(`${to}.partial-killed`, 30);
  await writePartial(`${to}.partial-working`, 1);
  await writePartial(`${to}-other.partial-killed`, 30);
  expect((await run('convert', from, to)).code).toBe(0);
  expect((await readdir(join(to, '..'))).sort()).toEqual([
    'data.hdf5',
    'shards',
    'shards-other.partial-killed',
    'shards.partial-working',
  ]);
});

describe("D4RL's layout", () => {
  it('lab convert and lab export round-trip a D4RL file', async () => {
    const contents = d4rlContents(95);
    const [from, to] = await fixture({ ...contents, next_observations: contents['observations']! });
    expect(await json('convert', from, to)).toMatchObject({
      id: 'data',
      layout: 'd4rl',
      published: null,
      rows: 95,
      episodes: 11,
      terminals: 9,
      timeouts: 1,
      transitions: 93,
    });
    expect(await json('verify', to)).toEqual({ id: 'data', files: 11, problems: [] });

    await json('export', to, at('back.hdf5'));
    await h5wasm.ready;
    const back = new h5wasm.File(at('back.hdf5'), 'r');
    expect(back.keys().sort()).toEqual(Object.keys(contents).sort());
    for (const [name, [values, shape]] of Object.entries(contents)) {
      const dataset = back.get(name) as InstanceType<typeof h5wasm.Dataset>;
      expect(dataset.shape, name).toEqual(shape);
      expect(dataset.value, name).toEqual(values);
    }
    back.close();
  });

  it.each([
    ['int8', (flags: Int8Array) => flags],
    ['uint8', (flags: Int8Array) => Uint8Array.from(flags)],
    ['int32', (flags: Int8Array) => Int32Array.from(flags)],
    ['int64', (flags: Int8Array) => BigInt64Array.from(Array.from(flags, BigInt))],
  ])('lab convert reads D4RL files with flags of %s and 64-bit floats', async (_, flags) => {
    const contents = d4rlContents(40);
    const [terminals, shape] = contents['terminals'] as [Int8Array, number[]];
    const double = Float64Array.from(contents['observations']![0] as Float32Array);
    const [from, to] = await fixture({
      ...contents,
      terminals: [flags(terminals), shape],
      observations: [double, [40, 11]],
    });
    await json('convert', from, to);
    const { store, manifest } = await openShardFolder(to);
    const data = await readTrajectories(store, manifest);
    expect(data.terminals).toEqual(Uint8Array.from(terminals));
    expect(data.observations).toEqual(Float32Array.from(double));
    expect(manifest.arrays.observations.sourceDtype).toBe('float64');
  });

  it('lab convert takes the task from the file name only for the right widths, and never calls the data D4RL', async () => {
    const [from, to] = await fixture(d4rlContents(30), 'hopper_medium-v2.hdf5');
    await json('convert', from, to);
    const card = await json('inspect', to);
    expect(card).toMatchObject({
      id: 'hopper_medium-v2',
      environment: 'hopper',
      referenceReturns: { min: -20.2723, max: 3234.3 },
      licence: 'not stated',
      source: { published: null },
    });
    expect(card['provenance']).toContain("none of D4RL's files whose hashes are known");
    expect(Object.keys(card['normalizedScores'] as object)).toEqual(['min', 'mean', 'max']);

    const [other, shards] = await fixture(d4rlContents(30), 'walker2d_mine.hdf5');
    await json('convert', other, shards);
    expect(await json('inspect', shards)).toMatchObject({ environment: null, normalizedScores: null });
    expect(await complaint(other, '--environment', 'walker2d')).toContain(
      'walker2d has 17 observations and 6 actions; the file has 11 and 3.',
    );
  });

  it('lab convert calls data D4RL where size and hash match a published file', async () => {
    const [from] = await fixture(d4rlContents(30));
    const imported = await readHdf5(from, (file) => importFile(file, () => Promise.resolve(null)));
    const sha256 = '5bdf1bc4a713c82941de44633df669b36c89850b652a25985166796d25cf71a0';
    expect(
      describeSource(imported, { name: 'renamed.hdf5', bytes: 152756557, sha256 }, {}, KNOWN_BODIES),
    ).toMatchObject({
      id: 'hopper-medium-v2',
      environment: 'hopper',
      licence: 'CC BY 4.0',
      provenance: 'D4RL hopper-medium-v2: the published file, recognised by its size and SHA-256.',
      source: { name: 'renamed.hdf5', published: 'hopper_medium-v2.hdf5' },
    });
  });

  it('lab convert uses the description given by flags', async () => {
    const [from, to] = await fixture(d4rlContents(30));
    const description = [
      '--id',
      'mine/one',
      '--environment',
      'hopper',
      '--licence',
      'CC0',
      '--provenance',
      'collected here',
    ];
    await json('convert', from, to, '--store', 'int16', ...description);
    const { code, out } = await run('inspect', to);
    expect(code).toBe(0);
    for (const text of ['mine/one (hopper)', 'CC0', 'collected here', 'int16', 'normalised score', 'actions 2', 'e-']) {
      expect(out).toContain(text);
    }
  });
});

describe("Minari's layout", () => {
  const METADATA = {
    dataset_id: 'mujoco/test/medium-v0',
    total_episodes: 3,
    total_steps: 12,
    env_spec: '{"id": "Test-v5"}',
    algorithm_name: 'SAC',
    ref_min_score: 0,
    ref_max_score: 20,
  };
  const EPISODES: Written = {
    episode_0: minariEpisode(0, 5, 'terminated'),
    episode_1: minariEpisode(1, 4, 'truncated'),
    episode_2: minariEpisode(2, 3, 'open'),
  };

  async function minari(contents: Written, metadata: unknown = METADATA): Promise<string> {
    const home = at(String(++made));
    await mkdir(join(home, 'data'), { recursive: true });
    await writeFixture(join(home, 'data', 'main_data.hdf5'), contents);
    if (metadata !== null) await writeFile(join(home, 'data', 'metadata.json'), JSON.stringify(metadata));
    return home;
  }

  it('lab convert makes rows of a Minari file, episode by episode', async () => {
    const from = await minari(EPISODES);
    const to = join(from, 'shards');
    expect(await json('convert', from, to)).toMatchObject({
      id: 'mujoco/test/medium-v0',
      layout: 'minari',
      rows: 12,
      episodes: 3,
      terminals: 1,
      timeouts: 2,
      transitions: 10,
      notes: ['1 episodes ended without a flag; their last rows are marked as timeouts.'],
    });
    const { store, manifest } = await openShardFolder(to);
    const { observations, rewards, actions } = await readTrajectories(store, manifest);
    expect([...rewards]).toEqual([0, 1, 2, 3, 4, 1, 2, 3, 4, 2, 3, 4]);
    expect([...observations].filter((_, i) => i % 4 === 0)).toEqual(
      [0, 1, 2, 3, 4, 0.125, 1.125, 2.125, 3.125, 0.25, 1.25, 2.25], // the last observation of each episode has no row
    );
    expect([...actions.slice(10, 14)]).toEqual([1, 2, 3, 4]);
    expect(manifest).toMatchObject({
      environment: 'Test-v5',
      referenceReturns: { min: 0, max: 20, source: 'Minari, mujoco/test/medium-v0' },
      episodes: { starts: [0, 5, 9], returns: [10, 10, 9], ends: ['terminal', 'timeout', 'timeout'] },
      provenance: 'Minari dataset mujoco/test/medium-v0, collected with SAC, as its metadata.json says.',
    });
    expect(await json('verify', to)).toMatchObject({ problems: [] });
  });

  it('lab convert refuses a wrong Minari file with the reason', async () => {
    const { episode_0, episode_1, episode_2 } = EPISODES as Record<string, Written>;
    const cases: [Written, unknown, string][] = [
      [EPISODES, null, 'there is no metadata.json beside it'],
      [EPISODES, { total_steps: 12 }, 'dataset_id'],
      [EPISODES, { ...METADATA, total_steps: 13 }, 'has total_steps 13; the file holds 12 steps'],
      [
        { episode_0: episode_0!, episode_2: episode_2! },
        METADATA,
        'without episode_1; the file goes on with episode_2',
      ],
      [{ episode_0: { ...episode_0, actions: null } }, METADATA, 'episode_0 lacks actions. Needed: observations'],
      [
        { ...EPISODES, episode_1: { ...episode_1, observations: [new Float64Array(16), [4, 4]] } },
        METADATA,
        'episode_1/observations has 4 rows; with 4 rewards it should have 5.',
      ],
      [
        { ...EPISODES, episode_1: { ...episode_1, actions: [new Float32Array(12), [4, 3]] } },
        METADATA,
        'episode_1/actions has 3 columns, episode_0/actions 2; they should agree.',
      ],
      [
        { ...EPISODES, episode_1: { ...episode_1, terminations: [Int8Array.of(0, 1, 0, 0), [4]] } },
        METADATA,
        'episode_1/terminations is set at step 1 of 4',
      ],
      [{ episode_0: { ...episode_0, observations: { x: [new Float32Array(6), [6]] } } }, METADATA, 'only flat arrays'],
      [{ episode_0: { ...episode_0, actions: [Int32Array.of(0, 1, 0, 1, 0), [5, 1]] } }, METADATA, 'actions is int32'],
    ];
    for (const [contents, metadata, message] of cases) {
      expect(await complaint(await minari(contents, metadata))).toContain(message);
    }
    const broken = minariEpisode(1, 4, 'truncated');
    (broken['rewards'] as [Float64Array, number[]])[0][2] = NaN;
    expect(await complaint(await minari({ ...EPISODES, episode_1: broken }))).toContain(
      'rewards, row 7 (episode_1, step 2) holds NaN; only finite numbers are stored.',
    );
  });
});

describe('a file that does not fit', () => {
  it('lab convert names why a file is no dataset: empty, another kind, truncated, another layout', async () => {
    await writeFile(at('empty.hdf5'), '');
    expect(await complaint(at('empty.hdf5'))).toContain('is empty (0 bytes)');
    await writeFile(at('text.hdf5'), 'observations\n'.repeat(100));
    expect(await complaint(at('text.hdf5'))).toContain('is not an HDF5 file');
    const [from] = await fixture(d4rlContents(500));
    const bytes = await readFile(from);
    await writeFile(at('cut.hdf5'), bytes.subarray(0, bytes.length - 100));
    expect(await complaint(at('cut.hdf5'))).toMatch(/is cut: it has \d+ bytes and says that it should have \d+/);
    expect(await complaintOf({ images: [new Uint8Array(8), [2, 4]] })).toContain('Found: images uint8 [2, 4].');
    expect(await complaintOf({})).toContain('Found: nothing.');
    expect(await complaint(at('nothing-here'))).toContain('could not be read');
    expect(await complaint(at())).toContain('is a folder without main_data.hdf5');
  });

  it('lab convert names damaged rows', async () => {
    const [from] = await fixture(d4rlContents(20));
    await h5wasm.ready;
    const file = new h5wasm.File(from, 'a');
    const mark = new Float32Array(5000).map((_, i) => i % 97);
    file.create_dataset({ name: 'packed', data: mark, shape: [5000], chunks: [5000], compression: 'gzip' });
    file.close();
    const bytes = await readFile(from);
    // The zlib header of compression level 4, which HDF5 writes.
    bytes.fill(0xff, bytes.lastIndexOf(Buffer.of(0x78, 0x5e)) + 2, bytes.lastIndexOf(Buffer.of(0x78, 0x5e)) + 40);
    await writeFile(from, bytes);
    const read = readHdf5(from, (damaged) => {
      const packed = datasetAt(damaged, 'packed');
      return Promise.resolve(packed && floatVector(packed).read(0, 10));
    });
    await expect(read).rejects.toThrow(/^packed, rows 0 to 9, could not be read \([^\n]+\); is the file damaged/);
  });

  it('lab convert names an array that is missing or of a wrong type, shape or row count', async () => {
    const contents = d4rlContents(20);
    const but = (name: string, value: Written[string]) => complaintOf({ ...contents, [name]: value });
    expect(await but('timeouts', null)).toContain("D4RL's layout without timeouts. Needed: observations");
    expect(await but('actions', [new Float32Array(57), [19, 3]])).toContain('actions has 19 rows, observations 20');
    expect(await but('actions', [new Float32Array(20), [20]])).toContain('shape [20]; it should be [rows, columns]');
    expect(await but('rewards', [new Float32Array(40), [20, 2]])).toContain('shape [20, 2]; it should be [rows]');
    expect(await but('observations', [new Int32Array(40), [20, 2]])).toContain(
      'observations is int32; read are float32',
    );
    expect(await but('terminals', [new Float32Array(20), [20]])).toContain('terminals is float32; flags are bool');
    expect(await but('terminals', [Int8Array.from({ length: 20 }, (_, i) => i), [20]])).toContain(
      'terminals, row 2, holds 2; a flag is 0 or 1.',
    );
    const none = Object.fromEntries(
      Object.entries(contents).map(([name, [values, shape]]) => [name, [values.slice(0, 0), [0, ...shape.slice(1)]]]),
    ) as Written;
    expect(await complaintOf(none)).toContain('All arrays have 0 rows');
  });

  it('lab convert leaves no folder behind for a file with a NaN', async () => {
    const contents = d4rlContents(20);
    (contents['observations']![0] as Float32Array)[11 * 4 + 3] = Infinity;
    expect(await complaintOf(contents)).toContain('observations, row 4, column 3 holds Infinity');
  });
});

describe('folders', () => {
  it('lab convert and lab export overwrite neither folders nor files', async () => {
    const [from, to] = await fixture(d4rlContents(20));
    await json('convert', from, to);
    const { code, err } = await run('convert', from, to);
    expect([code, err]).toEqual([2, expect.stringContaining('is there already')]);
    expect((await run('export', to, from)).code).toBe(2);
    expect(await json('verify', to)).toMatchObject({ problems: [] });
  });

  it('the lab names a dataset folder that is unfinished or damaged', async () => {
    const [from, to] = await fixture(d4rlContents(20));
    await json('convert', from, to);
    await writeFile(join(to, 'rewards', '0'), 'nothing');
    const verified = await run('verify', to);
    expect(verified.code).toBe(1);
    expect(verified.out).toMatch(/^rewards\/0: has 7 bytes, not \d+\n$/);
    expect(verified.err).toContain('1 of 11 files');
    const exported = await run('export', to, at('damaged.hdf5'));
    expect([exported.code, exported.err]).toEqual([1, expect.stringContaining('rewards/0: has 7 bytes')]);
    expect(await readdir(at())).not.toContain('damaged.hdf5');

    await rm(join(to, 'dataset.json'));
    expect(await folderStore(to).read('dataset.json')).toBeNull();
    for (const command of ['inspect', 'verify']) {
      const { code, err } = await run(command, to);
      expect([code, err]).toEqual([1, expect.stringContaining('no dataset, or one that was never finished')]);
    }
    expect((await run('inspect', from)).err).toContain('is a file; a dataset is a folder');
    expect((await run('inspect', at('nowhere'))).code).toBe(2);
  });

  it('dataset commands list their arguments when called wrongly', async () => {
    for (const command of ['convert', 'inspect', 'verify', 'export']) {
      const { code, out } = await run(command, '--help');
      expect([code, out]).toEqual([0, expect.stringContaining('--json')]);
      expect((await run(command)).code).toBe(2);
      expect((await run('--help')).out).toContain(command);
    }
  });
});

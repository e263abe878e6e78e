import { beforeAll, describe, expect, it, vi } from 'vitest';
import { MANIFEST_FILE } from '../shards/manifest.ts';
import { writeShards } from '../shards/writer.ts';
import { MemoryFolder, sourceOf, SYNTHETIC, syntheticTrajectories } from '../testing.ts';
import { gatherTransitions, transitionRows } from '../transitions.ts';
import { OpenDataset } from './reading.ts';

const DATA = syntheticTrajectories(200, 4, 2);
const folder = new MemoryFolder();
let open: OpenDataset;

beforeAll(async () => {
  await writeShards(sourceOf(DATA), SYNTHETIC, folder, { chunkBytes: 500 });
  open = await OpenDataset.open('key', folder);
});

describe('an open dataset', () => {
  it('an open dataset has its facts without reading rows', () => {
    const { lengths, manifest, origin, bytes } = open.facts;
    expect(lengths).toHaveLength(29);
    expect(lengths.at(-1)).toBe(4);
    expect(manifest.counts.rows).toBe(200);
    expect(origin).toBeNull();
    expect(bytes).toBeGreaterThan(1000);
  });

  it('an open dataset returns transitions by number', async () => {
    const rows = transitionRows(DATA.timeouts);
    const numbers = Uint32Array.from([0, 100, rows.length - 1, 5, 5]);
    const expected = gatherTransitions(
      DATA,
      numbers.map((number) => rows[number]!),
    );
    expect(await open.transitions(numbers)).toEqual(expected);
    await expect(open.transitions(Uint32Array.of(rows.length))).rejects.toThrow(
      `There is no transition ${rows.length}; the dataset has 0 to ${rows.length - 1}.`,
    );
  });

  it('an open dataset returns an episode', async () => {
    const episode = await open.episode(28);
    expect(episode).toMatchObject({ index: 28, start: 196, end: 'cut' });
    expect(episode.rewards).toEqual(DATA.rewards.slice(196));
    expect(episode.observations).toEqual(DATA.observations.slice(4 * 196));
    expect(episode.actions).toEqual(DATA.actions.slice(2 * 196));
    await expect(open.episode(29)).rejects.toThrow('There is no episode 29; the dataset has 0 to 28.');
  });

  it('an open dataset returns the actions of the nearest rows', async () => {
    const { rows, actions, distances } = await open.nearest(50, 9);
    expect(rows).toHaveLength(9);
    expect(rows[0]).toBe(50);
    expect(distances[0]).toBe(0);
    rows.forEach((row, i) => expect(actions.slice(2 * i, 2 * i + 2)).toEqual(DATA.actions.slice(2 * row, 2 * row + 2)));
  });

  it('an open dataset returns the actions of the rows nearest to any observation', async () => {
    const { manifest } = open.facts;
    const { std } = manifest.arrays.observations;
    const between = DATA.observations.slice(4 * 50, 4 * 51).map((value, i) => value + 1e-4 * std[i]!);
    const near = await open.nearestTo(between, 5);
    const own = await open.nearest(50, 5);
    expect(near.rows).toEqual(own.rows);
    expect(near.actions).toEqual(own.actions);
    expect(near.distances[0]).toBeCloseTo(2e-4, 5);
    await expect(open.nearestTo(new Float32Array(3), 5)).rejects.toThrow(
      'An observation of this dataset has 4 numbers; this one has 3.',
    );
  });

  it('an open dataset has histograms of every dimension', async () => {
    const pictures = await open.pictures();
    expect(pictures.observations).toHaveLength(4);
    expect(pictures.actions).toHaveLength(2);
    for (const { counts } of [...pictures.observations, ...pictures.actions, pictures.rewards]) {
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(200);
    }
    expect(pictures.sampledActions).toEqual(DATA.actions);
  });

  it('an open dataset retries rows that could not be read, and caches those it read', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const away = new MemoryFolder();
    for (const [path, bytes] of folder.files) away.files.set(path, bytes);
    const read = vi.spyOn(away, 'read');
    const hosted = await OpenDataset.open('key', away);
    read.mockRejectedValueOnce(new Error('dataset/observations/0.0 answered 503.'));
    for (let question = 0; question < 3; question++) {
      await expect(hosted.nearest(50, 1)).rejects.toThrow('answered 503');
      vi.advanceTimersByTime(2000);
    }
    expect((await hosted.nearest(50, 1)).rows).toEqual(Uint32Array.of(50));
    const reads = read.mock.calls.length;
    await hosted.nearest(51, 1);
    expect(read.mock.calls).toHaveLength(reads);
    vi.useRealTimers();
  });

  it('an open dataset names a damaged chunk; an incomplete dataset does not open', async () => {
    const other = new MemoryFolder();
    for (const [path, bytes] of folder.files) other.files.set(path, bytes.slice());
    other.files.get('actions/1.0')![20]! ^= 1;
    const damaged = await OpenDataset.open('key', other);
    await expect(damaged.pictures()).rejects.toThrow(/actions\/1\.0: has the SHA-256/);
    await expect(damaged.pictures()).rejects.toThrow(/actions\/1\.0: has the SHA-256/);
    other.files.delete(MANIFEST_FILE);
    await expect(OpenDataset.open('key', other)).rejects.toThrow('not whole');
  });
});

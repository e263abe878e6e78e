import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeFolder } from '../datasets/library/catalogue.ts';
import type { JobProgress } from '../datasets/library/protocol.ts';
import { Cancelled, Teller } from '../datasets/library/progress-reporter.ts';
import { readManifest, readTrajectories, verifyShards } from '../datasets/shards/reader.ts';
import { MemoryFolder } from '../datasets/testing.ts';
import { RolloutPool } from '../environments/rollouts/pool.ts';
import { spawnHere } from '../environments/testing.ts';
import { collect } from './collect.ts';
import { collectInto, planCollection, type CollectionOrder } from './collection-job.ts';

const HOPPER = readFileSync(new URL('../../public/behaviour/hopper-0.json', import.meta.url), 'utf8');
const RANDOM: CollectionOrder = {
  environment: 'hopper',
  variant: 'v2',
  behaviour: 'random',
  steps: 600,
  seed: 3,
  files: [],
};
const MEDIUM: CollectionOrder = { ...RANDOM, behaviour: 'medium', files: [{ name: 'hopper-0.json', text: HOPPER }] };

let pool: RolloutPool;
beforeAll(() => {
  pool = new RolloutPool(spawnHere, 2);
});
afterAll(() => pool.end());

const never = new AbortController().signal;

describe('a collection into the library', () => {
  it('becomes a whole dataset with the rows of `collect`, its label, and progress up to the last row', async () => {
    const folder = new MemoryFolder();
    const told: JobProgress[] = [];
    const planned = await planCollection(MEDIUM, '3.14.0');
    let began = false;
    const teller = new Teller((progress) => told.push(progress));
    await collectInto(
      async () => folder,
      planned,
      pool,
      teller,
      never,
      () => (began = true),
    );
    expect(began).toBe(true);
    const manifest = await readManifest(folder);
    expect(manifest).toMatchObject({
      id: 'hopper-medium-collected-seed-3',
      environment: 'hopper',
      counts: { rows: 600 },
    });
    expect(manifest.provenance).toContain('D4RL protocol, collected here');
    expect(manifest.provenance).toContain('MuJoCo 3.14, v2-compatible');
    expect(manifest.provenance).toMatch(/medium after \d+ steps, return 798 ± 14/);
    expect(manifest.source).toMatchObject({ layout: 'rollouts', name: 'hopper-0.json', bytes: HOPPER.length });
    await verifyShards(folder, manifest);
    expect(await describeFolder(planned.key, folder, false)).toMatchObject({ state: 'whole', unfinished: null });
    const rows = await collect(planned.plan, pool);
    const data = await readTrajectories(folder, manifest);
    expect(data.rewards).toEqual(rows.rewards.read(0, 600));
    const collecting = told.filter(({ stage }) => stage === 'collecting');
    expect(collecting[0]).toMatchObject({ unit: 'rows', done: 0, total: 600 });
    collecting.slice(1).forEach(({ done }, i) => expect(done).toBeGreaterThanOrEqual(collecting[i]!.done));
    expect(told.at(-1)!.stage).toBe('writing');
  });

  it('has a key of its own for another seed, body, length, variant or file, and the same for the same', async () => {
    const keyOf = async (change: Partial<CollectionOrder>) =>
      (await planCollection({ ...MEDIUM, ...change }, '3.14.0')).key;
    const orders: Partial<CollectionOrder>[] = [
      {},
      { seed: 4 },
      { steps: 601 },
      { variant: 'native' },
      { behaviour: 'expert' },
      { files: [{ name: 'hopper-0.json', text: `${HOPPER} ` }] },
    ];
    const keys = await Promise.all(orders.map(keyOf));
    expect(new Set(keys).size).toBe(orders.length);
    expect(await keyOf({})).toBe(keys[0]);
    expect(keys[0]).toMatch(/^collected-[0-9a-f]{24}$/);
  });

  it('that is stopped leaves nothing while it collects', async () => {
    const stop = new AbortController();
    const teller = new Teller(({ done }) => done > 0 && stop.abort(new Cancelled('stopped')));
    const open = async () => {
      throw new Error('no folder was to be opened');
    };
    const planned = await planCollection({ ...RANDOM, steps: 4000 }, '3.14.0');
    await expect(collectInto(open, planned, pool, teller, stop.signal, () => undefined)).rejects.toThrow('stopped');
  });

  it('that is stopped while it is written is no dataset, and says what it was', async () => {
    const stop = new AbortController();
    const folder = new MemoryFolder();
    const planned = await planCollection(RANDOM, '3.14.0');
    const begin = () => stop.abort(new Cancelled('stopped'));
    const teller = new Teller(() => undefined);
    await expect(collectInto(async () => folder, planned, pool, teller, stop.signal, begin)).rejects.toThrow('stopped');
    expect(await describeFolder(planned.key, folder, false)).toMatchObject({
      state: 'stopped',
      id: 'hopper-random-collected-seed-3',
      unfinished: { kind: 'collect' },
    });
  });

  it('names a file that holds no policies', async () => {
    const files = [{ name: 'odd.json', text: '{}' }];
    await expect(planCollection({ ...MEDIUM, files }, '3.14.0')).rejects.toThrow(
      'odd.json: It is no file of the format',
    );
  });
});

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeFolder } from '../datasets/library/catalogue.ts';
import type { JobProgress } from '../datasets/library/protocol.ts';
import { Cancelled, ProgressReporter } from '../datasets/library/progress-reporter.ts';
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
  it('a collection becomes a complete dataset with the rows of `collect`, its id, and progress to the last row', async () => {
    const folder = new MemoryFolder();
    const reports: JobProgress[] = [];
    const planned = await planCollection(MEDIUM, '3.14.0');
    let began = false;
    const reporter = new ProgressReporter((progress) => reports.push(progress));
    await collectInto(
      async () => folder,
      planned,
      pool,
      reporter,
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
    const collecting = reports.filter(({ stage }) => stage === 'collecting');
    expect(collecting[0]).toMatchObject({ unit: 'rows', done: 0, total: 600 });
    collecting.slice(1).forEach(({ done }, i) => expect(done).toBeGreaterThanOrEqual(collecting[i]!.done));
    expect(reports.at(-1)!.stage).toBe('writing');
  });

  it('a collection’s key differs by seed, length, variant, behaviour or file, and is stable', async () => {
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

  it('a collection stopped while it collects leaves nothing', async () => {
    const stop = new AbortController();
    const reporter = new ProgressReporter(({ done }) => done > 0 && stop.abort(new Cancelled('stopped')));
    const open = async () => {
      throw new Error('no folder was to be opened');
    };
    const planned = await planCollection({ ...RANDOM, steps: 4000 }, '3.14.0');
    await expect(collectInto(open, planned, pool, reporter, stop.signal, () => undefined)).rejects.toThrow('stopped');
  });

  it('a collection stopped while it is written is listed as unfinished', async () => {
    const stop = new AbortController();
    const folder = new MemoryFolder();
    const planned = await planCollection(RANDOM, '3.14.0');
    const begin = () => stop.abort(new Cancelled('stopped'));
    const reporter = new ProgressReporter(() => undefined);
    await expect(collectInto(async () => folder, planned, pool, reporter, stop.signal, begin)).rejects.toThrow(
      'stopped',
    );
    expect(await describeFolder(planned.key, folder, false)).toMatchObject({
      state: 'stopped',
      id: 'hopper-random-collected-seed-3',
      unfinished: { kind: 'collect' },
    });
  });

  it('planning a collection names a file without policies', async () => {
    const files = [{ name: 'odd.json', text: '{}' }];
    await expect(planCollection({ ...MEDIUM, files }, '3.14.0')).rejects.toThrow(
      'odd.json: It is no file of the format',
    );
  });
});

import { expect, it } from 'vitest';
import { json } from '../testing.ts';

it('training rows are in memory once: the copy read from disk is released', async () => {
  const rows = 40_000;
  const found = await json('residency', '--rows', String(rows), '--steps', '2', '--backend', 'wasm');
  const looks = found['looks'] as { moment: string; arrayBuffers: number }[];
  expect(looks.map(({ moment }) => moment)).toEqual([
    ...['before', 'peak while it loads', 'loaded', 'peak while it trains', 'after 2 steps'],
  ]);
  const [before, , loaded] = looks as [(typeof looks)[0], (typeof looks)[0], (typeof looks)[0]];
  // A row has observations, actions, a reward and two flags.
  const bytes = rows * (4 * (17 + 6 + 1) + 2);
  expect(loaded.arrayBuffers - before.arrayBuffers).toBeLessThan(bytes / 4);
}, 60_000);

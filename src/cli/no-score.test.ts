/** The lab with a body that has no reference returns: it prints plain returns, and that there is no score. */
import { expect, it, vi } from 'vitest';
import { SYNTHETIC, sourceOf } from '../datasets/testing.ts';
import { writeShards } from '../datasets/shards/writer.ts';
import { smallDataset } from '../locomotion/testing.ts';
import { writeFolder } from './shard-folder.ts';
import { run, temporaryFolder } from './testing.ts';

vi.mock(import('../environments/bodies/index.ts'), async (original) => ({
  ...(await original()),
  referenceReturnsOf: () => null,
}));

const NOTE = 'There are no reference returns of hopper: no score can be computed, and returns stand as they are.';
const at = temporaryFolder('no-score');

it('lab train, lab evaluate and lab report print that a body has no score, next to the return', async () => {
  const description = { ...SYNTHETIC, id: 'small', environment: 'hopper' };
  await writeFolder(at('rows'), (sink) => writeShards(sourceOf(smallDataset().trajectories), description, sink));
  const small = ['--preset', 'small', '--backend', 'cpu', '--workers', '1', '--hidden', '8', '--batch', '8'];
  const plan = ['--task', 'hopper-medium', '--algorithm', 'bc', '--steps', '2', '--episodes', '1'];
  const trained = await run('train', ...plan, ...small, '--data', at('rows'), '--out', at('run'));
  expect(trained.err).toMatch(/return with 1 candidate \d+ ± \d+, no score \(no reference returns\)/);
  expect(trained.out).toContain(`preset small: return, MuJoCo`);
  expect(trained.out).toContain(NOTE);
  expect(trained.out).toMatch(/\n\s+0\s+1\s+(\d+)\s+\1\s+\1/);

  const file = at('run', 'checkpoint.safetensors');
  const evaluated = await run('evaluate', '--checkpoint', file, '--env', 'hopper', '--episodes', '1', '--workers', '1');
  expect(evaluated.out).toMatch(/\d+\.\d .* no reference returns/);

  const { out } = await run('report', at('run'));
  expect(out).toContain('Return (95 % interval): interquartile means over seeds;');
  expect(out).toContain(NOTE);
  expect(out).toMatch(/\| BC, .*\| 1 \| 0 \| 2 \| (\d+) \(\1 – \1\) \|/);
  expect(out).toContain('mean return of an episode 20.');
}, 60_000);

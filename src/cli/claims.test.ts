import { beforeAll, expect, it } from 'vitest';
import { startBackend } from '../tensor/backend.ts';
import { claimReport, CLAIMS } from './claims.ts';

const quiet = { out: () => undefined, err: () => undefined, progress: () => undefined };

beforeAll(async () => {
  await startBackend('wasm');
});

it('BC-Diffusion, fast preset: on all four modes within its steps', async () => {
  const report = await claimReport('bc-diffusion', 0, 2000, quiet);
  for (const { words, holds } of CLAIMS['bc-diffusion']?.claims ?? []) expect(holds(report), words).toBe(true);
}, 900_000);

it('Diffusion-QL, fast preset: on the best mode, and the decayed run does not swing away from it', async () => {
  const report = await claimReport('diffusion-ql', 0, 2000, quiet, 500);
  for (const { words, holds } of CLAIMS['diffusion-ql']?.claims ?? []) expect(holds(report), words).toBe(true);
  // The last five looks, 500 steps apart: the published settings lose a third of the mode between two of them.
  const last = report.history?.slice(-5) ?? [];
  expect(last).toHaveLength(5);
  for (const { steps, inBest } of last) expect(inBest, `after ${steps} steps`).toBeGreaterThan(0.8);
  for (const { steps, inBest } of last.slice(-3)) expect(inBest, `after ${steps} steps`).toBeGreaterThan(0.88);
}, 900_000);

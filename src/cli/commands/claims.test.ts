import { beforeAll, expect, it } from 'vitest';
import { startBackend } from '../../tensor/backend.ts';
import { claimReport, CLAIMS } from './claims.ts';

const quiet = { out: () => undefined, err: () => undefined, progress: () => undefined };

beforeAll(async () => {
  await startBackend('wasm', { threads: 1 });
});

it('BC-Diffusion with the fast preset covers all four modes as lab claims requires', async () => {
  const report = await claimReport('bc-diffusion', 0, 2000, quiet);
  for (const { text, holds } of CLAIMS['bc-diffusion']?.claims ?? []) expect(holds(report), text).toBe(true);
}, 900_000);

it('Diffusion-QL with the fast preset reaches the best mode and stays there over its last 2000 steps', async () => {
  // The last five measurements, 500 steps apart. The published settings lose a third of the mode between two of them.
  const inBest: number[] = [];
  const report = await claimReport('diffusion-ql', 0, 2000, quiet, [4000, 4500, 5000, 5500], (_, metrics) => {
    inBest.push(metrics.inBest);
  });
  for (const { text, holds } of CLAIMS['diffusion-ql']?.claims ?? []) expect(holds(report), text).toBe(true);
  inBest.push(report.inBest);
  expect(inBest).toHaveLength(5);
  expect(Math.min(...inBest), `in the best mode: ${String(inBest)}`).toBeGreaterThan(0.8);
  expect(Math.min(...inBest.slice(-3)), `in the best mode: ${String(inBest)}`).toBeGreaterThan(0.88);
}, 900_000);

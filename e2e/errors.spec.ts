/** Errors during a run are reported, and the run continues from its last good state. */
import type { Page, Worker } from '@playwright/test';
import { WEBGPU_ARGS } from '../scripts/chromium.mjs';
import { encodeSafetensors } from '../src/experiment/safetensors.ts';
import { expect, test } from './fixtures.ts';
import { launch } from './launch.ts';
import {
  exported,
  expectState,
  expectStep,
  expectStepAbove,
  FOUR_MODES,
  open,
  playToTheEnd,
  QUICK,
  stepOf,
  weightsOf,
} from './playground.ts';

test.use({ launchOptions: launch(WEBGPU_ARGS) });

/** Calls the engine's own `loseDevice`, which the page itself has no reason to call. */
async function loseDevice(page: Page): Promise<void> {
  const worker: Worker = page.workers()[0]!;
  await worker.evaluate(() => {
    const data = { id: 'test', type: 'APPLY', path: ['loseDevice'], argumentList: [] };
    globalThis.dispatchEvent(new MessageEvent('message', { data }));
  });
}

test('a run with a non-finite loss pauses, names the step, and can go back', async ({ page }) => {
  await open(page, { ...QUICK, methods: 'bc-mle', steps: 10 });
  await playToTheEnd(page);
  const { tensors, metadata } = weightsOf(await exported(page, 'export-weights'));
  // A mean so far away that its squared distance to the data overflows float32, while its samples do not.
  for (const { data } of Object.values(tensors)) {
    if (data.length === 4) data.fill(1e25, 0, 2);
  }
  await page.getByTestId('import-weights').click();
  await page.getByTestId('import-file').setInputFiles({
    name: 'far.safetensors',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from(encodeSafetensors(tensors, metadata)),
  });
  await page.getByTestId('import-go').click();
  await expect(page.getByTestId('import-outcome')).toContainText('BC-MLE has the weights');
  await page.keyboard.press('Escape');
  await page.getByTestId('budget').fill('20');
  await page.getByTestId('budget').press('Enter');
  await expectState(page, 'paused');

  await page.getByTestId('step').click();
  await expectState(page, 'diverged');
  const notice = page.getByTestId('diverged');
  await expect(notice).toHaveRole('alert');
  await expect(notice).toContainText('BC-MLE diverged.');
  await expect(notice).toContainText('at step 11');
  await expect(page.getByTestId('play')).toBeDisabled();
  await expect(page.getByTestId('live-region')).toHaveText('The run diverged and is paused.');
  await page.getByTestId('rollback').click();
  await expectState(page, 'paused');
  await expect(notice).toHaveCount(0);
  await expectStep(page, 'bc-mle', 10);

  await page.getByTestId('reset').click();
  await expectState(page, 'ready');
  await playToTheEnd(page);
  await expectStep(page, 'bc-mle', 20);
});

test('a lost engine is reported, and the run continues', async ({ page }) => {
  await open(page, { ...QUICK, steps: 1_000_000, modes: FOUR_MODES });
  await page.getByTestId('play').click();
  await expectStepAbove(page, 'diffusion-ql', 20);
  await loseDevice(page);
  await expect(page.getByTestId('device-lost')).toContainText(/The run went on from step [\d,]+ on/);
  await expectState(page, 'running');
  const step = await stepOf(page, 'diffusion-ql');
  await expectStepAbove(page, 'diffusion-ql', step);
  await page.getByTestId('device-lost').getByTestId('dismiss').click();
  await expect(page.getByTestId('device-lost')).toHaveCount(0);
});

test('WebGPU runs on request; its device loss is reported, and the run continues', async ({ page, complaints }) => {
  // On a CPU shaders compile slowly, and twice here.
  test.setTimeout(240_000);
  // The device is destroyed on purpose, with work under way.
  complaints.allow(/device|destroyed|lost/i);
  await open(page, { ...QUICK, steps: 1_000_000, modes: FOUR_MODES, engine: 'webgpu' });
  expect(await page.evaluate(() => 'gpu' in navigator)).toBe(true);
  await expect(page.getByTestId('engine-name')).toContainText('WebGPU');
  await page.getByTestId('step').click();
  await expectStep(page, 'diffusion-ql', 1);
  await page.getByTestId('play').click();
  await expectState(page, 'running');
  await loseDevice(page);
  await expect(page.getByTestId('device-lost')).toContainText(/The run went on from step [\d,]+ on/, {
    timeout: 90_000,
  });
  await expectState(page, 'running');
  await page.getByTestId('pause').click();
  await expectState(page, 'paused');
  await page.getByTestId('step').click();
  await expectStepAbove(page, 'diffusion-ql', 1);
});

test('engine "auto" ignores a software WebGPU adapter, and the engine can be switched', async ({ page }) => {
  await open(page, { ...QUICK, engine: 'auto' });
  await expect(page.getByTestId('engine-name')).toHaveText('WebAssembly');
  await page.getByTestId('engine').click();
  await page.getByRole('radio', { name: /^JavaScript/ }).click();
  await expect(page.getByTestId('engine-name')).toHaveText('JavaScript');
  await expectState(page, 'ready');
  await page.getByTestId('step').click();
  await expectStep(page, 'bc-mle', 1);
});

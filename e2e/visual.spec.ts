/**
 * Pictures of the page, pixel by pixel. Training gives the same bits everywhere (wasm, a fixed seed and number of steps),
 * and `test=1` hides what depends on time. Content that depends on the time of evaluation (curves, snapshots) is shown
 * after single steps only, each of which ends with an evaluation.
 */
import type { Page } from '@playwright/test';
import { METHOD_IDS } from '../src/bandit/methods.ts';
import { expect, test } from './fixtures.ts';
import { atRest, expectState, expectStep, type Fields, open, playToTheEnd } from './playground.ts';

/**
 * The whole figure, with networks small enough for a slow machine. It uses the paper's preset, which does not change when
 * the fast one is tuned.
 */
const FIGURE: Fields = {
  preset: 'paper',
  hidden: 32,
  batch: 64,
  T: 8,
  'time-width': 16,
  lr: 0.002,
  'critic-lr': 0.002,
  steps: 150,
  seed: 1,
  engine: 'wasm',
  test: 1,
};
const STEPS = 8;

const SHOT = { animations: 'disabled', threshold: 0, maxDiffPixels: 0 } as const;

async function still(page: Page): Promise<void> {
  // Hides recent messages and the focus ring of the pressed button.
  for (const dismiss of await page.locator('.toasts').getByTestId('dismiss').all()) await dismiss.click();
  await atRest(page);
}

test('pictures of the bandit figure: light, dark, 390 pixels', async ({ page }) => {
  await open(page, { ...FIGURE, hide: 'curves,time' });
  await playToTheEnd(page);
  for (const method of METHOD_IDS) await expectStep(page, method, Number(FIGURE['steps']));
  await still(page);
  await expect.soft(page).toHaveScreenshot('figure.png', { ...SHOT, fullPage: true });

  await page.getByTestId('theme').selectOption('dark');
  await still(page);
  await expect.soft(page).toHaveScreenshot('figure-dark.png', { ...SHOT, fullPage: true });

  await page.getByTestId('theme').selectOption('auto');
  await page.setViewportSize({ width: 390, height: 844 });
  await still(page);
  await expect.soft(page).toHaveScreenshot('figure-390.png', SHOT);
  await expect.soft(page.getByTestId('panel-diffusion-ql')).toHaveScreenshot('panel-390.png', SHOT);
});

test('picture of one method in the middle of its denoising, with its curves', async ({ page }) => {
  await open(page, { ...FIGURE, methods: 'diffusion-ql', show: 'diffusion-ql', steps: STEPS });
  // From step 0, whatever was on show.
  await page.keyboard.press('r');
  await expectState(page, 'ready');
  await expectStep(page, 'diffusion-ql', 0);
  for (let step = 1; step <= STEPS; step++) {
    await page.keyboard.press('s');
    await expectStep(page, 'diffusion-ql', step);
  }
  await expectState(page, 'finished');
  await expect(page.locator('.solo-charts svg path.plot-line').first()).toBeAttached();
  const reverse = page.getByRole('group', { name: 'Denoising' });
  await reverse.getByRole('slider').fill('5');
  await expect(reverse).toContainText('t = 3 of 8: noise → action');
  const moment = page.getByTestId('moment').getByRole('slider');
  await moment.fill('6');
  await expect(moment).toHaveAttribute('aria-valuetext', 'step 6');
  await expectStep(page, 'diffusion-ql', 6);
  await still(page);
  await expect(page).toHaveScreenshot('alone.png', { ...SHOT, fullPage: true });
});

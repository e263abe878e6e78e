/** Pictures of the page of locomotion: the form, and finished runs whose numbers are always the same. */
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { finishedRun } from './locomotion-file.ts';
import { atRest, open } from './playground.ts';

/** The edges of a hundred thin lines on a canvas may come out a shade apart from one run to the next: some 20 pixels. */
const WITH_LINES = { maxDiffPixels: 60 } as const;

async function rest(page: Page): Promise<void> {
  await expect(page.locator('.stage-picture[data-view="2d"][data-still="1"]')).toBeVisible();
  await atRest(page);
}

async function give(page: Page, seed: number): Promise<void> {
  const file = {
    name: `seed-${seed}.safetensors`,
    mimeType: 'application/octet-stream',
    buffer: await finishedRun(seed),
  };
  await page.getByTestId('import-file').setInputFiles(file);
  await expect(page.getByTestId('note')).toContainText(`seed-${seed}.safetensors`);
  await expect(page.getByTestId('policy-step')).toHaveAttribute('data-step', '12000');
  await expect(page.getByTestId('policy-inspector')).toHaveAttribute('data-near', '0');
}

test('pictures of Locomotion: the form, a finished run, a comparison; light and dark, wide and 390 pixels', async ({
  page,
}) => {
  await open(page, { page: 'locomotion', stage: '2d', test: 1 });
  await rest(page);
  await expect.soft(page).toHaveScreenshot('form.png', { fullPage: true });
  await give(page, 1);
  await give(page, 2);
  await page.getByTestId('note').getByTestId('dismiss').click();
  for (const row of [0, 1]) await page.getByTestId('runs').locator('tbody tr').nth(row).getByRole('checkbox').check();
  await expect(page.getByTestId('comparison').locator('path.plot-line').first()).toBeAttached();
  await rest(page);
  await expect.soft(page).toHaveScreenshot('finished.png', { ...WITH_LINES, fullPage: true });
  await page.getByTestId('theme').selectOption('dark');
  await page.getByTestId('settings').click();
  await rest(page);
  await expect.soft(page).toHaveScreenshot('settings-dark.png', WITH_LINES);
  await page.getByRole('button', { name: 'Close the settings' }).click();
  await page.setViewportSize({ width: 390, height: 844 });
  await rest(page);
  const past = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await expect.poll(past, 'at 390 pixels').toBeLessThanOrEqual(0);
  await expect.soft(page).toHaveScreenshot('finished-dark-390.png', { ...WITH_LINES, fullPage: true });
});

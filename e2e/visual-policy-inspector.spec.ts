/** Pictures of a policy's denoising at a fixed state and seed. */
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { atRest, open } from './playground.ts';

const SHOT = { animations: 'disabled', maxDiffPixelRatio: 0.002 } as const;

/** Opens the page and takes steps, until the policy inspector shows the last state with nearby data. */
async function thinkAt(page: Page, step: number, theme: 'light' | 'dark'): Promise<void> {
  await open(page, {
    page: 'bodies',
    stage: '2d',
    policy: 'hopper-diffusion-ql',
    'body-candidates': 'softmax',
    theme,
    test: 1,
  });
  const readouts = page.getByTestId('readouts');
  for (let at = 1; at <= step; at++) {
    await page.keyboard.press('s');
    await expect(readouts).toHaveAttribute('data-step', String(at));
  }
  await expect(page.getByTestId('policy-inspector')).toHaveAttribute('data-step', String(step));
  await expect(page.getByTestId('policy-inspector')).toHaveAttribute('data-near', String(step));
  await atRest(page);
}

test('pictures of the policy inspector: light, dark, 390 pixels', async ({ page }) => {
  await thinkAt(page, 30, 'light');
  await expect.soft(page.getByTestId('policy-inspector')).toHaveScreenshot('thoughts.png', SHOT);
  await page.getByTestId('theme').selectOption('dark');
  await atRest(page);
  await expect.soft(page.getByTestId('policy-inspector')).toHaveScreenshot('thoughts-dark.png', SHOT);
  await page.setViewportSize({ width: 390, height: 844 });
  await atRest(page);
  await expect.soft(page.getByTestId('denoising')).toHaveScreenshot('thoughts-dark-390.png', SHOT);
});

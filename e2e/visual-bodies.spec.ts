/** Pictures of the page of bodies at fixed states. In space they come from SwiftShader, which may differ by a pixel. */
import { PICTURE_ARGS, WEBGL_ARGS } from '../scripts/chromium.mjs';
import { expect, test } from './fixtures.ts';
import { launch } from './launch.ts';
import { atRest, open } from './playground.ts';

const SHOT = { animations: 'disabled', maxDiffPixelRatio: 0.002 } as const;

test.use({ launchOptions: launch([...PICTURE_ARGS.filter((arg) => arg !== '--disable-gpu'), ...WEBGL_ARGS]) });

test('pictures of Bodies: 3D and side view, light and dark, wide and 390 pixels', async ({ page }) => {
  const rest = async (kind: '2d' | '3d') => {
    await expect(page.locator(`.stage-picture[data-view="${kind}"][data-still="1"]`)).toBeVisible();
    await atRest(page);
  };
  const stepTo = async (step: number) => {
    const readouts = page.getByTestId('readouts');
    for (let at = 1; at <= step; at++) {
      await page.keyboard.press('s');
      await expect(readouts).toHaveAttribute('data-step', String(at));
    }
  };
  await open(page, { page: 'bodies', stage: '3d', policy: 'expert-0', test: 1 });
  await stepTo(40);
  await rest('3d');
  await expect.soft(page).toHaveScreenshot('hopper-space.png', SHOT);
  await page.getByTestId('theme').selectOption('dark');
  await rest('3d');
  await expect.soft(page).toHaveScreenshot('hopper-space-dark.png', SHOT);

  await open(page, { page: 'bodies', stage: '2d', body: 'halfcheetah', policy: 'expert-0', theme: 'light', test: 1 });
  await stepTo(12);
  await rest('2d');
  await expect.soft(page).toHaveScreenshot('halfcheetah-side.png', SHOT);
  await page.setViewportSize({ width: 390, height: 844 });
  await rest('2d');
  await expect.soft(page).toHaveScreenshot('halfcheetah-side-390.png', SHOT);

  await open(page, { page: 'bodies', stage: '3d', body: 'walker2d', policy: 'random', theme: 'dark', test: 1 });
  await stepTo(8);
  await rest('3d');
  await expect.soft(page).toHaveScreenshot('walker2d-space-dark-390.png', SHOT);
});

import { METHOD_IDS } from '../src/bandit/methods.ts';
import { expect, test } from './fixtures.ts';
import { expectState, ready, stepOf } from './playground.ts';

test('the page opens without errors', async ({ page }) => {
  await page.goto('./');
  await ready(page);
  await expect(page).toHaveTitle(/Diffusion-QL/);
  await expect(page.locator('canvas').first()).toBeVisible();
});

test('the page requests nothing from other origins', async ({ page, baseURL }) => {
  const foreign: string[] = [];
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(baseURL ?? '') && !/^(data|blob):/.test(url)) foreign.push(url);
  });
  await page.goto('./');
  await ready(page);
  expect(foreign).toEqual([]);
});

test('the page’s own thread loads no tensor library', async ({ page }) => {
  await page.goto('./');
  await ready(page);
  expect(await page.evaluate(() => '_tfGlobals' in globalThis || '_tfengine' in globalThis)).toBe(false);
});

test('the page opens offline after its first visit', async ({ page, context, baseURL }) => {
  // Under its plain name this machine gets no service worker (src/app/shared/offline.ts); under another it does.
  const address = (baseURL ?? '').replace('127.0.0.1', 'playground.localhost');
  await page.goto(address);
  await ready(page);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await context.setOffline(true);
  await page.reload();
  await ready(page);
  await expect(page.locator('canvas').first()).toBeVisible();
  // Isolation outlives the network: the stored responses keep their headers.
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
});

test('the page is isolated from other origins, so that threads may share memory', async ({ page }) => {
  await page.goto('./');
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
});

test('the finished figure is shown at once, and Play starts at step 0', async ({ page }) => {
  await page.goto('./#engine=wasm&hidden=16&batch=16');
  await ready(page);
  await expectState(page, 'showing-pretrained');
  await expect(page.getByTestId('shipped-note')).toBeVisible();
  await expect(page.getByTestId('clock-step')).toHaveText('0');
  for (const method of METHOD_IDS) {
    await expect(page.getByTestId(`metric-${method}-in-mode`)).toHaveText(/^\d+\.\d\s%$/);
  }
  const share = await page.getByTestId('metric-diffusion-ql-in-mode').innerText();
  expect(Number.parseFloat(share)).toBeGreaterThan(90);
  await page.getByTestId('play').click();
  await expectState(page, 'running');
  await expect(page.getByTestId('shipped-note')).toHaveCount(0);
  await page.getByTestId('pause').click();
  await expectState(page, 'paused');
  await expect.poll(() => stepOf(page, 'diffusion-ql')).toBeLessThan(1000);
});

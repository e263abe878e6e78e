import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';

/** The page says so itself, once the first figure is painted. */
async function ready(page: Page): Promise<void> {
  await expect(page.locator('html[data-ready]')).toBeAttached({ timeout: 60_000 });
}

test('the page opens without a complaint', async ({ page }) => {
  await page.goto('./');
  await ready(page);
  await expect(page).toHaveTitle(/Diffusion-QL/);
  await expect(page.locator('canvas').first()).toBeVisible();
});

test('nothing comes from another origin', async ({ page, baseURL }) => {
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

test('opened once, the page opens without a network', async ({ page, context, baseURL }) => {
  // Under its plain name this machine gets no service worker (src/app/offline.ts); under another it does.
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

/**
 * `node scripts/pictures.mjs`: takes the README's pictures of the built page, into docs/pictures. The moving one needs
 * `img2webp` (Debian's package webp).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLAIN_ARGS } from './chromium.mjs';
import { withServedPage } from './served-page.mjs';
import { main, root } from './tasks.mjs';

const TARGET = join(root, 'docs', 'pictures');
const FRAMES = 30;
/** Between two frames as they are taken, and as they are shown. */
const TAKEN_EVERY_MS = 1500;
const SHOWN_MS = 250;
/** How long a page trains before its picture is taken. */
const TRAINING_MS = 45_000;

/** @param {import('playwright').Page} page @param {string} fragment */
async function open(page, fragment) {
  await page.goto('about:blank');
  await page.goto(fragment);
  await page.locator('html[data-ready]').waitFor({ state: 'attached', timeout: 90_000 });
}

/** @param {import('playwright').Page} page @param {string} name */
async function take(page, name) {
  await page.screenshot({ path: join(TARGET, `${name}.png`), animations: 'disabled' });
}

/** The figure as it trains, as frames of one animated WebP. @param {import('playwright').Page} page */
async function film(page) {
  const folder = mkdtempSync(join(tmpdir(), 'frames-'));
  try {
    /** @type {string[]} */
    const frames = [];
    await page.getByTestId('play').click();
    for (let i = 0; i < FRAMES; i++) {
      await page.waitForTimeout(TAKEN_EVERY_MS);
      const path = join(folder, `${String(i).padStart(2, '0')}.png`);
      await page.screenshot({ path });
      frames.push(path);
    }
    const quality = ['-lossy', '-q', '70', '-m', '6'];
    const timing = ['-loop', '0', '-d', String(SHOWN_MS)];
    execFileSync('img2webp', [...timing, ...quality, ...frames, '-o', join(TARGET, 'bandit.webp')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main(async () => {
  mkdirSync(TARGET, { recursive: true });
  await withServedPage(async (address, launch) => {
    const browser = await launch(PLAIN_ARGS);
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });

    await open(page, `${address}#hide=curves`);
    await film(page);

    await open(page, `${address}#methods=diffusion-ql&show=diffusion-ql`);
    await page.getByTestId('play').click();
    await page.waitForTimeout(TRAINING_MS);
    await take(page, 'method');

    await open(page, `${address}#page=datasets`);
    await page.getByRole('button', { name: 'Fetch' }).nth(1).click();
    await page.getByTestId('near-text').waitFor({ timeout: 60_000 });
    await take(page, 'datasets');

    await open(page, `${address}#page=bodies`);
    await page.waitForTimeout(8000);
    await take(page, 'bodies');

    await open(page, `${address}#page=locomotion`);
    await page.getByTestId('train').click();
    await page.waitForTimeout(TRAINING_MS);
    await take(page, 'locomotion');
  });
});

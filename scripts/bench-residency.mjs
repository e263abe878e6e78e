/** Measures the memory of the built page in Chromium while a policy trains on a million rows, without a GPU. */
/* global document -- of the page */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EAGER_MEMORY, memoryOf, PLAIN_ARGS } from './chromium.mjs';
import { withServedPage } from './served-page.mjs';
import { dist, runNode, TaskError } from './tasks.mjs';

const FULL = { rows: 1_000_000, steps: 100 };
const QUICK = { rows: 50_000, steps: 20 };
const LIMIT_MS = 10 * 60_000;

/** @param {import('playwright').Page} page @param {number} step */
async function reach(page, step) {
  await page.waitForFunction(
    (minimum) => Number(document.querySelector('[data-testid="run-clock"]')?.getAttribute('data-step')) >= minimum,
    step,
    { timeout: LIMIT_MS },
  );
}

/**
 * Writes rows at the widths of half-cheetah, has the page fetch them into its storage, and trains on them.
 *
 * @param {boolean} quick Fewer rows.
 * @param {(text: string) => void} progress
 */
export function measure(quick, progress) {
  const { rows, steps } = quick ? QUICK : FULL;
  return withServedPage(async (address, launch) => {
    const name = `rows-${randomUUID()}`;
    const folder = join(dist, name);
    try {
      progress(`residency: writing ${rows} rows`);
      const flags = ['residency', '--rows', String(rows), '--out', folder];
      if ((await runNode('scripts/lab.mjs', flags, { quiet: true })) !== 0) {
        throw new TaskError('The rows were not written.');
      }
      const browser = await launch([...PLAIN_ARGS, EAGER_MEMORY]);
      const page = await browser.newPage();
      progress('residency: fetching them');
      await page.goto(`${address}#page=datasets`);
      await page.getByTestId('address').fill(`${address}${name}/`);
      await page.getByTestId('fetch').click();
      await page.waitForURL(/dataset=fetched-/, { timeout: LIMIT_MS });
      const dataset = new URLSearchParams(new URL(page.url()).hash.slice(1)).get('dataset') ?? '';

      progress('residency: training');
      const run = { page: 'locomotion', task: 'halfcheetah-medium-replay', dataset, stage: '2d', engine: 'wasm' };
      // Loads the page anew, so that the dataset's card does not count.
      await page.goto('about:blank');
      await page.goto(`${address}#${new URLSearchParams(run)}`);
      await page.waitForSelector('html[data-ready]', { state: 'attached', timeout: LIMIT_MS });
      const before = await memoryOf(page);
      await page.getByTestId('train').click();
      await reach(page, steps);
      const during = await memoryOf(page);
      const note = `${rows} rows of half-cheetah, after ${steps} steps`;
      return {
        versions: { chromium: browser.version() },
        page: [
          {
            name: 'before',
            what: 'the page and its workers before Train',
            value: before / 1e6,
            unit: 'MB',
            note: null,
          },
          { name: 'training', what: 'while it trains', value: during / 1e6, unit: 'MB', note },
        ],
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

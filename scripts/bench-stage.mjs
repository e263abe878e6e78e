/** Measures how smoothly a body moves on the built page in Chromium without a GPU, and the collection of a dataset. */
import { PLAIN_ARGS, WEBGL_ARGS } from './chromium.mjs';
import { frameFigures, watchFrames } from './frames.mjs';
import { withServedPage } from './served-page.mjs';

const VIEWPORT = { width: 1280, height: 800 };
/** Warm-up before the measurement, while the page loads and code is compiled. */
const WARM_MS = 3000;
const FULL = { seconds: 10, rows: 100_000 };
const QUICK = { seconds: 2, rows: 5000 };
const LIMIT_MS = 5 * 60_000;

/** Measured cases: the fields of a link, and whether the browser has WebGL. */
const CASES = [
  { name: 'side-thoughts', what: 'from the side, Diffusion-QL and what it thinks', fields: { stage: '2d' } },
  { name: 'side', what: 'from the side, Diffusion-QL', fields: { stage: '2d', hide: 'denoising' } },
  { name: 'side-linear', what: 'from the side, the expert', fields: { stage: '2d', policy: 'expert-0' } },
  { name: 'space', what: 'in space, on the processor', fields: { stage: '3d', policy: 'expert-0' }, webgl: true },
];

/**
 * Seconds from the button to the dataset's card.
 *
 * @param {import('playwright').Page} page
 * @param {string} address
 * @param {number} rows
 */
async function collect(page, address, rows) {
  await page.goto(`${address}#page=datasets&body=hopper`);
  await page.waitForSelector('html[data-ready]', { state: 'attached', timeout: LIMIT_MS });
  await page.getByTestId('collect-steps').fill(String(rows));
  await page.getByTestId('collect-steps').press('Enter');
  const start = Date.now();
  await page.getByTestId('collect').click();
  const facts = page.getByTestId('card').getByTestId('facts').getByText(rows.toLocaleString('en-GB'), { exact: true });
  await facts.waitFor({ timeout: LIMIT_MS });
  return (Date.now() - start) / 1000;
}

/**
 * @param {boolean} quick Few seconds and rows.
 * @param {(text: string) => void} progress
 */
export function measure(quick, progress) {
  const { seconds, rows } = quick ? QUICK : FULL;
  return withServedPage(async (address, launch) => {
    /** @type {object[]} */
    const figures = [];
    const plain = await launch(PLAIN_ARGS);
    const webgl = await launch(WEBGL_ARGS);
    for (const { name, what, fields, webgl: inSpace } of CASES) {
      progress(`the stage: ${what}`);
      const page = await (inSpace ? webgl : plain).newPage({ viewport: VIEWPORT, deviceScaleFactor: 1 });
      await page.goto(`${address}#${new URLSearchParams({ page: 'bodies', body: 'hopper', ...fields })}`);
      await page.waitForSelector('html[data-ready]', { state: 'attached', timeout: LIMIT_MS });
      await page.waitForTimeout(WARM_MS);
      const frames = await page.evaluate(watchFrames, seconds);
      await page.close();
      figures.push(...frameFigures(name, what, frames));
    }
    await webgl.close();
    progress(`the stage: collecting ${rows} steps`);
    const page = await plain.newPage({ viewport: VIEWPORT });
    figures.push({
      name: 'collect',
      what: 'from Collect to the dataset, hopper, medium-expert',
      value: await collect(page, address, rows),
      unit: 's',
      note: `${rows} steps`,
    });
    return { versions: { chromium: plain.version() }, page: figures };
  });
}

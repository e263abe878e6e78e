/** How smoothly a body moves on the built page in Chromium without a GPU, and how long a dataset of it takes there. */
/* global requestAnimationFrame -- of the page, where `pace` runs */
import { PLAIN_ARGS, WEBGL_ARGS } from './chromium.mjs';
import { withServedPage } from './served-page.mjs';

const VIEWPORT = { width: 1280, height: 800 };
/** Left out of the measurement: the page loads, code is compiled. */
const WARM_MS = 3000;
const FULL = { seconds: 10, rows: 100_000 };
const QUICK = { seconds: 2, rows: 5000 };
const LIMIT_MS = 5 * 60_000;
/** A frame this much later than the screen's next picture has left one out. */
const LATE_MS = 1.5 * (1000 / 60);

/** What is played: the fields of a link, and how the browser is started. */
const CASES = [
  { name: 'side-thoughts', what: 'from the side, Diffusion-QL and what it thinks', fields: { stage: '2d' } },
  { name: 'side', what: 'from the side, Diffusion-QL', fields: { stage: '2d', hide: 'denoising' } },
  { name: 'side-linear', what: 'from the side, the expert', fields: { stage: '2d', policy: 'expert-0' } },
  { name: 'space', what: 'in space, on the processor', fields: { stage: '3d', policy: 'expert-0' }, webgl: true },
];

/**
 * Runs in the page: milliseconds between its animation frames, and its own thread's tasks over 50 ms.
 *
 * @param {number} seconds
 * @returns {Promise<{ gaps: number[], longTasks: number }>}
 */
async function pace(seconds) {
  let longTasks = 0;
  const observer = new PerformanceObserver((list) => (longTasks += list.getEntries().length));
  observer.observe({ type: 'longtask' });
  /** @type {number[]} */
  const gaps = [];
  const end = performance.now() + 1000 * seconds;
  let last = await new Promise((done) => requestAnimationFrame(done));
  while (performance.now() < end) {
    const now = await new Promise((done) => requestAnimationFrame(done));
    gaps.push(now - last);
    last = now;
  }
  observer.disconnect();
  return { gaps, longTasks };
}

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
 * @param {boolean} quick Seconds and rows that are few.
 * @param {(text: string) => void} progress
 */
export function measureStage(quick, progress) {
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
      const { gaps, longTasks } = await page.evaluate(pace, seconds);
      await page.close();
      const sorted = gaps.sort((a, b) => a - b);
      const at = (/** @type {number} */ share) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
      const late = gaps.filter((gap) => gap > LATE_MS).length;
      figures.push(
        { name, what, value: (1000 * gaps.length) / gaps.reduce((a, b) => a + b, 0), unit: 'frames/s', note: null },
        {
          name: `${name}-gap`,
          what: 'between two frames: median',
          value: at(0.5),
          unit: 'ms',
          note: `95 in 100 within ${at(0.95).toFixed(1)} ms, the longest ${at(1).toFixed(0)} ms; ${late} of ${gaps.length} late; ${longTasks} tasks over 50 ms`,
        },
      );
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

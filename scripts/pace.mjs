/**
 * What a visitor of the bodies' pages feels: the time from opening Bodies to a body that moves, and how evenly Locomotion
 * draws its frames while it trains, evaluates and shows the body. The built page, in Chromium, without a GPU.
 */
/* global document, requestAnimationFrame -- of the page, where the watchers run */
import { chromium } from 'playwright';
import { findChromium, NO_CHROMIUM, PLAIN_ARGS } from './chromium.mjs';
import { createStaticServer, listen } from './server.mjs';
import { dist, ensurePage, main, parseFlags, TaskError } from './tasks.mjs';

const FIRST_PORT = 5450;
const OPENINGS = 5;
/** Seconds of training over which frames are watched. */
const WATCHED_SECONDS = 20;
/** A frame of 60 a second. */
const FRAME_MS = 1000 / 60;
const LIMIT_MS = 120_000;

/** A run that trains and evaluates all the while; its data come with the page. */
const RUN =
  'page=locomotion&task=hopper-medium-expert&algorithm=diffusion-ql&preset=small&steps=1000000&evaluate-every=500&episodes=4&stage=2d&engine=wasm';

/** Runs in the page before anything of its own: notes when a body has taken its first step. */
function watchBody() {
  const look = () => {
    const readouts = /** @type {HTMLElement | null} */ (document.querySelector('[data-testid="readouts"]'));
    if (Number(readouts?.dataset['step'] ?? 0) > 0) Object.assign(globalThis, { firstStep: performance.now() });
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** @param {number[]} values @param {number} share */
function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Milliseconds from navigation to the first step, each time in a browser of its own. @param {string} address */
async function openings(address, /** @type {string} */ executablePath) {
  const times = [];
  for (let i = 0; i < OPENINGS; i++) {
    const browser = await chromium.launch({ executablePath, args: PLAIN_ARGS });
    const page = await browser.newPage();
    await page.addInitScript(watchBody);
    await page.goto(`${address}#page=bodies`);
    const moved = await page.waitForFunction(() => Reflect.get(globalThis, 'firstStep'), null, { timeout: LIMIT_MS });
    times.push(Number(await moved.jsonValue()));
    await browser.close();
  }
  return times;
}

/**
 * Intervals between frames and tasks over 50 ms of the page's own thread, of a run that trains.
 *
 * @param {string} address
 * @param {string} executablePath
 */
async function frames(address, executablePath, /** @type {boolean} */ folded) {
  const browser = await chromium.launch({ executablePath, args: PLAIN_ARGS });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1100 } });
    await page.goto(`${address}#${RUN}`);
    await page.waitForSelector('html[data-ready]', { state: 'attached', timeout: LIMIT_MS });
    await page.getByTestId('many').uncheck();
    await page.getByTestId('train').click();
    await page.waitForSelector('[data-testid="seeing"][data-near]', { state: 'attached', timeout: LIMIT_MS });
    if (folded) await page.getByTestId('thoughts').locator('summary').click();
    const step = () => page.getByTestId('run-clock').getAttribute('data-step').then(Number);
    const points = () => page.getByTestId('score-table').count();
    const before = await step();
    const watched = await page.evaluate(
      (ms) =>
        new Promise((/** @type {(watched: { intervals: number[], tasks: number[] }) => void} */ done) => {
          const intervals = /** @type {number[]} */ ([]);
          const tasks = /** @type {number[]} */ ([]);
          new PerformanceObserver((list) => {
            for (const { duration } of list.getEntries()) tasks.push(duration);
          }).observe({ type: 'longtask' });
          const start = performance.now();
          let last = start;
          requestAnimationFrame(function frame(now) {
            intervals.push(now - last);
            last = now;
            if (now - start < ms) requestAnimationFrame(frame);
            else done({ intervals: intervals.slice(1), tasks });
          });
        }),
      1000 * WATCHED_SECONDS,
    );
    const steps = (await step()) - before;
    return { ...watched, steps, evaluated: (await points()) > 0 };
  } finally {
    await browser.close();
  }
}

await main(async () => {
  const flags = parseFlags(
    'node scripts/pace.mjs',
    {
      only: { value: 'WHAT', help: 'Takes one of the figures only: opening, frames.' },
      folded: { help: 'Takes the frames with what the policy thinks folded away.' },
    },
    process.argv.slice(2),
  );
  const executablePath = await findChromium();
  if (executablePath === null) throw new TaskError(NO_CHROMIUM);
  await ensurePage();
  const server = createStaticServer(dist);
  const address = `http://127.0.0.1:${await listen(server, FIRST_PORT, () => undefined)}/`;
  try {
    if (flags['only'] !== 'frames') {
      const times = await openings(address, executablePath);
      const each = times.map((ms) => (ms / 1000).toFixed(2)).join(', ');
      console.log(
        `From opening Bodies to the first step: median ${(quantile(times, 0.5) / 1000).toFixed(2)} s (${each}).`,
      );
    }
    if (flags['only'] !== 'opening') {
      const { intervals, tasks, steps, evaluated } = await frames(address, executablePath, flags['folded'] === true);
      const late = intervals.filter((ms) => ms > 1.5 * FRAME_MS).length / intervals.length;
      const rate = (1000 * intervals.length) / intervals.reduce((sum, ms) => sum + ms, 0);
      console.log(
        `Locomotion over ${WATCHED_SECONDS} s of training (${(steps / WATCHED_SECONDS).toFixed(0)} steps/s, ` +
          `${evaluated ? 'with' : 'without'} evaluations): ${rate.toFixed(1)} frames/s, median ${quantile(intervals, 0.5).toFixed(1)} ms, ` +
          `p95 ${quantile(intervals, 0.95).toFixed(1)} ms, ${(100 * late).toFixed(1)} % late; ${tasks.length} tasks over 50 ms` +
          (tasks.length > 0 ? `, the longest ${Math.max(...tasks).toFixed(0)} ms.` : '.'),
      );
    }
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

/** Measures the built page in Chromium without a GPU, from opening to the finished figure. */
/* global document, MutationObserver -- of the page, where `watch` runs */
import { EAGER_MEMORY, memoryOf, PICTURE_ARGS } from './chromium.mjs';
import { withServedPage } from './served-page.mjs';

/** Seconds after Play at which memory is first measured. */
const SETTLED_SECONDS = 60;
/** The eight methods of the paper's figure of the bandit. */
const FIGURE_METHODS = 'bc-mle,bc-cvae,bc-mmd,bc-diffusion,td3-bc-gaussian,bcq,bear-mmd,diffusion-ql';
const QUICK = { settledSeconds: 10, steps: 200 };
/** Minimum steps of shipped weights. A panel with fewer steps shows a method trained here. */
const SHIPPED_STEPS = 4000;
const LIMIT_MS = 30 * 60_000;

/**
 * @typedef {object} Watch Times recorded in the page, in milliseconds since navigation.
 * @property {number | null} ready When the page reported that it is ready.
 * @property {Record<string, number>} states When it was first in each state.
 * @property {number | null} firstSamples When the first panel showed a method trained here.
 * @property {number | null} allSamples When all panels did.
 * @property {{ start: number, duration: number }[]} longTasks Tasks over 50 ms.
 */

/** Runs in the page before its own scripts. @param {number} shippedSteps */
function watch(shippedSteps) {
  /** @type {Watch} */
  const seen = { ready: null, states: {}, firstSamples: null, allSamples: null, longTasks: [] };
  Object.assign(globalThis, { benchWatch: seen });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) seen.longTasks.push({ start: startTime, duration });
  }).observe({ type: 'longtask', buffered: true });
  const check = () => {
    const { dataset } = document.documentElement;
    const now = performance.now();
    if (dataset['ready'] !== undefined) seen.ready ??= now;
    const state = dataset['runState'];
    if (state !== undefined) seen.states[state] ??= now;
    if (state !== 'running' && state !== 'finished') return;
    const counts = [...document.querySelectorAll('[data-testid^="steps-"]')].map((panel) =>
      Number.parseInt((panel.textContent ?? '').replaceAll(',', ''), 10),
    );
    const trained = counts.filter((count) => count > 0 && count < shippedSteps);
    if (trained.length > 0) seen.firstSamples ??= now;
    if (trained.length > 0 && trained.length === counts.length) seen.allSamples ??= now;
  };
  new MutationObserver(check).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributeFilter: ['data-ready', 'data-run-state'],
  });
}

/** @param {import('playwright').Page} page @returns {Promise<Watch>} */
function watched(page) {
  return page.evaluate(() => Reflect.get(globalThis, 'benchWatch'));
}

/** Milliseconds of each task over 50 ms on the main thread since Play. @param {Watch} seen @param {number} played */
function longSince({ longTasks }, played) {
  return longTasks.filter(({ start }) => start >= played).map(({ duration }) => duration);
}

/**
 * Seconds from Play to the end of the budget, and the long tasks until then.
 *
 * @param {import('playwright').Browser} browser
 * @param {string} address
 * @param {(text: string) => void} progress
 */
async function figureOf(browser, address, progress) {
  progress("the page: the paper's figure");
  const page = await browser.newPage();
  await page.addInitScript(watch, SHIPPED_STEPS);
  await page.goto(address);
  await page.waitForSelector('html[data-ready]', { state: 'attached', timeout: LIMIT_MS });
  const played = await page.evaluate(() => performance.now());
  await page.getByTestId('play').click();
  await page.waitForSelector('html[data-run-state="finished"]', { state: 'attached', timeout: LIMIT_MS });
  const seen = await watched(page);
  await page.close();
  return { seconds: ((seen.states['finished'] ?? Number.NaN) - played) / 1000, longTasks: longSince(seen, played) };
}

/**
 * Opens the page as a visitor does, trains all methods to the end of the fast preset, and measures meanwhile.
 *
 * @param {boolean} quick A small budget.
 * @param {(text: string) => void} progress
 */
export function measure(quick, progress) {
  return withServedPage(async (address, launch) => {
    const browser = await launch([...PICTURE_ARGS, EAGER_MEMORY]);
    const page = await browser.newPage();
    await page.addInitScript(watch, SHIPPED_STEPS);
    progress('the page: opening');
    await page.goto(quick ? `${address}#steps=${QUICK.steps}` : address);
    await page.waitForSelector('html[data-ready]', { state: 'attached', timeout: LIMIT_MS });
    progress('the page: playing');
    const played = await page.evaluate(() => performance.now());
    await page.getByTestId('play').click();
    const seconds = quick ? QUICK.settledSeconds : SETTLED_SECONDS;
    await page.waitForTimeout(1000 * seconds);
    const before = await memoryOf(page);
    progress('the page: all methods to the end of the budget');
    await page.waitForSelector('html[data-run-state="finished"]', { state: 'attached', timeout: LIMIT_MS });
    const late = await watched(page);
    const after = await memoryOf(page);
    await page.close();
    const figureRun = await figureOf(
      browser,
      `${address}#methods=${FIGURE_METHODS}${quick ? `&steps=${QUICK.steps}` : ''}`,
      progress,
    );

    const longTasks = longSince(late, played);
    const sincePlay = (/** @type {number | null | undefined} */ time) => ((time ?? Number.NaN) - played) / 1000;
    const megabytes = (/** @type {number} */ bytes) => bytes / 2 ** 20;
    const steps = quick ? `${QUICK.steps} steps a method` : 'the budget of the fast preset';
    /** @type {(name: string, what: string, value: number, unit: string, note?: string) => object} */
    const figure = (name, what, value, unit, note) => ({ name, what, value, unit, note: note ?? null });
    const figures = [
      figure('usable', 'until it can be used', (late.ready ?? Number.NaN) / 1000, 's'),
      figure('first-samples', 'from Play to the first samples of a trained method', sincePlay(late.firstSamples), 's'),
      figure('all-samples', 'from Play to samples of every method', sincePlay(late.allSamples), 's'),
      figure('long-tasks', 'tasks over 50 ms of its own thread, from Play to the end', longTasks.length, ''),
      figure('longest-task', 'the longest of them', Math.max(0, ...longTasks), 'ms'),
      figure(
        'figure',
        'from Play to the finished figure',
        figureRun.seconds,
        's',
        `the eight methods of the paper's, ${steps}`,
      ),
      figure('figure-long-tasks', 'tasks over 50 ms meanwhile', figureRun.longTasks.length, ''),
      figure('figure-longest-task', 'the longest of them', Math.max(0, ...figureRun.longTasks), 'ms'),
      figure('all-finished', 'from Play to the end of all methods', sincePlay(late.states['finished']), 's', steps),
      figure('memory-before', 'memory while it trains', megabytes(before), 'MB', `${seconds} s from Play, collected`),
      figure('memory-after', 'memory at the end', megabytes(after), 'MB', 'collected'),
    ];
    return { versions: { chromium: browser.version() }, page: figures };
  });
}

/**
 * Measures the built pages Bodies and Locomotion in Chromium without a GPU: the time until a body moves, and the frame
 * times of Locomotion while it trains, evaluates and shows the body. In Node it measures what evaluation costs training.
 */
/* global document, requestAnimationFrame -- of the page, where `watchBody` runs */
import { PLAIN_ARGS } from './chromium.mjs';
import { frameFigures, quantile, watchFrames } from './frames.mjs';
import { withServedPage } from './served-page.mjs';

const FULL = { openings: 5, watchedSeconds: 20 };
const QUICK = { openings: 1, watchedSeconds: 3 };
const VIEWPORT = { width: 1280, height: 1100 };
const LIMIT_MS = 120_000;

/** A run that trains and evaluates throughout, on a dataset that the page ships. */
const RUN = {
  page: 'locomotion',
  task: 'hopper-medium-expert',
  algorithm: 'diffusion-ql',
  preset: 'small',
  steps: '1000000',
  'evaluate-every': '500',
  episodes: '4',
  stage: '2d',
  engine: 'wasm',
};

/** @typedef {(args: readonly string[]) => Promise<import('playwright').Browser>} Launch */

/** Runs in the page before its own scripts: records when a body has taken its first step. */
function watchBody() {
  const check = () => {
    const readouts = /** @type {HTMLElement | null} */ (document.querySelector('[data-testid="readouts"]'));
    if (Number(readouts?.dataset['step'] ?? 0) > 0) Object.assign(globalThis, { firstStep: performance.now() });
    else requestAnimationFrame(check);
  };
  requestAnimationFrame(check);
}

/**
 * Measures the time from navigation to the first step, each time in a new browser.
 *
 * @param {string} address
 * @param {Launch} launch
 * @param {number} times
 */
async function openingFigures(address, launch, times) {
  /** @type {number[]} */
  const seconds = [];
  for (let i = 0; i < times; i++) {
    const browser = await launch(PLAIN_ARGS);
    const page = await browser.newPage();
    await page.addInitScript(watchBody);
    await page.goto(`${address}#page=bodies`);
    const moved = await page.waitForFunction(() => Reflect.get(globalThis, 'firstStep'), null, { timeout: LIMIT_MS });
    seconds.push(Number(await moved.jsonValue()) / 1000);
    await browser.close();
  }
  const each = seconds.map((value) => value.toFixed(2)).join(', ');
  return [
    {
      name: 'opening',
      what: 'from opening Bodies to the first step: median',
      value: quantile(seconds, 0.5),
      unit: 's',
      note: `each: ${each}`,
    },
  ];
}

/**
 * Measures frames and steps of a training run.
 *
 * @param {string} address
 * @param {Launch} launch
 * @param {{ seconds: number, folded: boolean, run: Record<string, string> }} how
 */
async function watchRun(address, launch, { seconds, folded, run }) {
  const browser = await launch(PLAIN_ARGS);
  const page = await browser.newPage({ viewport: VIEWPORT });
  await page.goto(`${address}#${new URLSearchParams(run)}`);
  await page.waitForSelector('html[data-ready]', { state: 'attached', timeout: LIMIT_MS });
  await page.getByTestId('many').uncheck();
  await page.getByTestId('train').click();
  await page.waitForSelector('[data-testid="policy-inspector"][data-near]', { state: 'attached', timeout: LIMIT_MS });
  if (folded) await page.getByTestId('inspector-card').locator('summary').click();
  const step = () => page.getByTestId('run-clock').getAttribute('data-step').then(Number);
  const before = await step();
  const frames = await page.evaluate(watchFrames, seconds);
  const rate = ((await step()) - before) / seconds;
  const evaluated = (await page.getByTestId('score-table').count()) > 0;
  await browser.close();
  return { frames, rate, evaluated };
}

/**
 * Frames and steps of a run that trains and evaluates, and the steps of a run without evaluations.
 *
 * @param {string} address
 * @param {Launch} launch
 * @param {{ seconds: number, folded: boolean }} how
 */
async function trainingFigures(address, launch, how) {
  const { seconds, folded } = how;
  const { frames, rate, evaluated } = await watchRun(address, launch, { ...how, run: RUN });
  const unevaluated = { ...RUN, 'evaluate-every': RUN.steps };
  const withoutEvaluation = await watchRun(address, launch, { ...how, run: unevaluated });
  const note = `${seconds} s, ${evaluated ? 'with' : 'without'} evaluations${folded ? ', the denoising folded away' : ''}`;
  const fewer = 100 * (1 - rate / withoutEvaluation.rate);
  return [
    ...frameFigures('frames', 'frames of Locomotion while it trains', frames, note),
    { name: 'steps', what: 'gradient steps meanwhile', value: rate, unit: 'steps/s', note: null },
    {
      name: 'steps-alone',
      what: 'the same without evaluations',
      value: withoutEvaluation.rate,
      unit: 'steps/s',
      note: `with them ${fewer.toFixed(1)} % fewer`,
    },
  ];
}

/**
 * @param {boolean} quick One opening and a short measurement.
 * @param {(text: string) => void} progress
 * @param {{ parts: readonly ('opening' | 'frames' | 'evaluation')[], folded: boolean }} options What is measured, and
 *   whether the policy inspector is folded away.
 * @returns {Promise<{ versions: Record<string, string>, page: import('../src/cli/bench-report.ts').PageFigure[] }>}
 */
export async function measure(quick, progress, { parts, folded }) {
  const onPage = parts.some((part) => part !== 'evaluation');
  const { versions, page } = onPage
    ? await measurePage(quick, progress, { parts, folded })
    : { versions: {}, page: [] };
  if (parts.includes('evaluation')) {
    progress('locomotion: training beside an evaluation');
    const { evaluationCost } = await import('../src/cli/evaluation-cost.ts');
    page.push(...(await evaluationCost(quick)));
  }
  return { versions, page };
}

/** @type {typeof measure} */
function measurePage(quick, progress, { parts, folded }) {
  const { openings, watchedSeconds } = quick ? QUICK : FULL;
  return withServedPage(async (address, launch) => {
    /** @type {import('../src/cli/bench-report.ts').PageFigure[]} */
    const figures = [];
    if (parts.includes('opening')) {
      progress('locomotion: opening Bodies');
      figures.push(...(await openingFigures(address, launch, openings)));
    }
    if (parts.includes('frames')) {
      progress('locomotion: frames while it trains');
      figures.push(...(await trainingFigures(address, launch, { seconds: watchedSeconds, folded })));
    }
    const browser = await launch(PLAIN_ARGS);
    return { versions: { chromium: browser.version() }, page: figures };
  });
}

/** Runs on the bandit page, and every control that acts on them. */
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import {
  csvRows,
  exported,
  expectState,
  expectStep,
  expectStepAbove,
  FOUR_MODES,
  linkFields,
  open,
  picture,
  settledPicture,
  playToTheEnd,
  QUICK,
  readouts,
  stepOf,
} from './playground.ts';

const METHODS = ['bc-mle', 'diffusion-ql'];

/** A run that outlasts its test and starts at step 0 (no weights are shipped for its data). */
const LONG = { ...QUICK, steps: 1_000_000, modes: FOUR_MODES };

async function play(page: Page): Promise<void> {
  await page.getByTestId('play').click();
  await expectState(page, 'running');
}

async function pause(page: Page): Promise<void> {
  await page.getByTestId('pause').click();
  await expectState(page, 'paused');
}

/** The step of every method, once a paused run shows its last one. */
async function restingSteps(page: Page): Promise<number[]> {
  let before: number[] = [];
  await expect
    .poll(async () => {
      const now = await Promise.all(METHODS.map((method) => stepOf(page, method)));
      const rests = now.join() === before.join();
      before = now;
      return rests;
    })
    .toBe(true);
  return before;
}

test('a bandit run plays, pauses, steps and resets', async ({ page }) => {
  await open(page, LONG);
  await expectState(page, 'ready');
  for (const method of METHODS) await expectStep(page, method, 0);
  const before = await readouts(page, 'diffusion-ql');

  await play(page);
  for (const method of METHODS) await expectStepAbove(page, method, 10);
  await expect(page.getByTestId('clock-step')).not.toHaveText('0');
  expect(await readouts(page, 'diffusion-ql')).not.toEqual(before);
  await expect(page.getByTestId('metric-diffusion-ql-in-mode')).toHaveText(/^\d+\.\d\s%$/);

  await pause(page);
  const paused = await restingSteps(page);
  await page.waitForTimeout(1000);
  expect(await restingSteps(page)).toEqual(paused);

  await page.getByTestId('step').click();
  for (const [index, method] of METHODS.entries()) await expectStep(page, method, paused[index]! + 1);
  await expectState(page, 'paused');
  await page.waitForTimeout(500);
  expect(await restingSteps(page)).toEqual(paused.map((step) => step + 1));

  await page.getByTestId('reset').click();
  await expectState(page, 'ready');
  for (const method of METHODS) await expectStep(page, method, 0);
  expect(await readouts(page, 'diffusion-ql')).toEqual(before);
});

test('a bandit run ends at its budget, and continues with a larger one', async ({ page }) => {
  await open(page, QUICK);
  await playToTheEnd(page);
  for (const method of METHODS) await expectStep(page, method, 40);
  await expect(page.getByTestId('finished')).toBeVisible();
  await expect(page.getByTestId('step')).toBeDisabled();

  await page.getByTestId('budget').fill('50');
  await page.getByTestId('budget').press('Enter');
  await expectState(page, 'paused');
  await playToTheEnd(page);
  for (const method of METHODS) await expectStep(page, method, 50);
  await linkFields(page, (fields) => fields.get('steps') === '50');
});

test('the same link gives the same numbers, and η changes only the methods that use it', async ({ page }) => {
  const clocked = ['seconds', 'stepsPerSecond'];
  /** Rows by method and step, without columns that depend on time. */
  async function run(): Promise<Map<string, string>> {
    await playToTheEnd(page);
    const rows = csvRows(await exported(page, 'export-csv'));
    await page.keyboard.press('Escape');
    return new Map(
      rows.map((row) => {
        const numbers = Object.entries(row).filter(([name]) => !clocked.includes(name));
        return [`${row['method']} ${row['step']}`, JSON.stringify(numbers)];
      }),
    );
  }
  await open(page, QUICK);
  const first = await run();
  const shown = await Promise.all(METHODS.map((method) => readouts(page, method)));
  await open(page, QUICK);
  const second = await run();
  for (const end of ['bc-mle 40', 'diffusion-ql 40']) expect([...second.keys()]).toContain(end);
  for (const [moment, numbers] of second) if (first.has(moment)) expect(numbers).toBe(first.get(moment));
  expect(await Promise.all(METHODS.map((method) => readouts(page, method)))).toEqual(shown);

  await page.getByTestId('reset').click();
  await expectState(page, 'ready');
  await page.getByTestId('eta').fill('200');
  await expect(page.getByTestId('eta-value')).toHaveText('10.00');
  const climbing = await run();
  expect(climbing.get('bc-mle 40')).toBe(first.get('bc-mle 40'));
  expect(climbing.get('diffusion-ql 40')).not.toBe(first.get('diffusion-ql 40'));
});

test('η and speed change a running bandit run without a restart', async ({ page }) => {
  await open(page, LONG);
  await play(page);
  await expectStepAbove(page, 'diffusion-ql', 5);
  const before = await stepOf(page, 'diffusion-ql');
  await page.getByTestId('eta').fill('100');
  await expect(page.getByTestId('eta-value')).toHaveText('2.50');
  await page.getByTestId('eta').fill('20');
  await expect(page.getByTestId('eta-value')).toHaveText('0.10');
  await page.getByTestId('speed').selectOption('5');
  await linkFields(page, (fields) => fields.get('eta') === '0.1' && fields.get('speed') === '5');
  expect(await stepOf(page, 'diffusion-ql')).toBeGreaterThanOrEqual(before);
  await expectStepAbove(page, 'diffusion-ql', before);
  await expectState(page, 'running');
  await expect(page.getByTestId('message')).toHaveCount(0);
});

test('a setting that needs a restart says so, and restarts the run', async ({ page }) => {
  await open(page, LONG);
  await play(page);
  await expectStepAbove(page, 'diffusion-ql', 5);
  await pause(page);
  await page.getByTestId('settings').click();
  const width = page.getByTestId('setting-hidden');
  await expect(width).toContainText('Restarts the run.');
  await expect(page.getByTestId('setting-eta')).toContainText('Acts at once.');
  await width.getByRole('spinbutton').fill('24');
  await width.getByRole('spinbutton').press('Enter');
  await expect(page.getByTestId('message')).toHaveText('Hidden width changed: the run starts again from step 0.');
  await expectState(page, 'ready');
  for (const method of METHODS) await expectStep(page, method, 0);
  await linkFields(page, (fields) => fields.get('hidden') === '24');

  // A value out of bounds is clamped, and the bounds are shown.
  await width.getByRole('spinbutton').fill('100000');
  await width.getByRole('spinbutton').press('Enter');
  await expect(width.getByRole('spinbutton')).toHaveValue('512');
  await expect(width.getByRole('status')).toHaveText('A whole number from 8 to 512.');
  await page.getByRole('button', { name: 'Close the settings' }).click();
  await expect(page.getByTestId('settings-drawer')).toHaveCount(0);
});

test('a new seed restarts a running run, and new presets keep the settings made by hand', async ({ page }) => {
  await open(page, { ...LONG, speed: 20 });
  await play(page);
  await expectStepAbove(page, 'diffusion-ql', 40);
  await page.getByTestId('seed').fill('7');
  await page.getByTestId('seed').press('Enter');
  await expect.poll(() => stepOf(page, 'diffusion-ql')).toBeLessThan(40);
  await expectState(page, 'running');
  await expectStepAbove(page, 'diffusion-ql', 0);
  await pause(page);

  await page.getByTestId('preset-paper').check();
  await expect(page.getByTestId('message')).toContainText('The paper’s settings: the run starts again from step 0.');
  await expect(page.getByTestId('budget')).toHaveValue('100000');
  await page.getByTestId('race-seconds').check();
  await expectState(page, 'ready');
  const fields = await linkFields(page, (all) => all.get('race') === 'seconds');
  expect(fields.get('preset')).toBe('paper');
  expect(fields.get('seed')).toBe('7');
  // Values set by hand stay.
  expect(fields.get('hidden')).toBe('16');
  await page.getByTestId('preset-fast').check();
  await expect(page.getByTestId('budget')).toHaveValue('6000');
});

test('a method switched off and on again joins the run at step 0', async ({ page }) => {
  await open(page, { ...QUICK, modes: FOUR_MODES });
  await playToTheEnd(page);
  await page.getByTestId('toggle-bc-mle').click();
  await expect(page.getByTestId('panel-bc-mle')).toHaveCount(0);
  await linkFields(page, (fields) => fields.get('methods') === 'diffusion-ql');
  await page.getByTestId('toggle-bc-mle').click();
  await expect(page.getByTestId('panel-bc-mle')).toBeVisible();
  await expectStep(page, 'bc-mle', 0);
  await expectStep(page, 'diffusion-ql', 40);
  await expectState(page, 'paused');
  await playToTheEnd(page);
  for (const method of METHODS) await expectStep(page, method, 40);
});

test('a method opens in its own view, and the figure can be restored', async ({ page }) => {
  await open(page, QUICK);
  await page.getByTestId('alone-diffusion-ql').click();
  await expect(page.getByTestId('alone-view-diffusion-ql')).toBeVisible();
  await expect(page.getByTestId('figure')).toHaveCount(0);
  await expect(page.getByRole('heading', { level: 2, name: 'Diffusion-QL' })).toBeFocused();
  await linkFields(page, (fields) => fields.get('show') === 'diffusion-ql');
  await playToTheEnd(page);
  await expect(page.getByTestId('losses')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('figure')).toBeVisible();
  await page.getByTestId('alone-bc-mle').click();
  await page.getByTestId('back').click();
  await expect(page.getByTestId('figure')).toBeVisible();

  await page.getByTestId('about-diffusion-ql').click();
  await expect(page.getByTestId('about-dialog').locator('.katex').first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('about-dialog')).toHaveCount(0);
});

test('keyboard shortcuts control the bandit run, but not while typing in a field', async ({ page }) => {
  await open(page, LONG);
  await page.keyboard.press('s');
  for (const method of METHODS) await expectStep(page, method, 1);
  await page.keyboard.press('Space');
  await expectState(page, 'running');
  await expectStepAbove(page, 'bc-mle', 1);
  await page.keyboard.press('Space');
  await expectState(page, 'paused');
  await page.keyboard.press('r');
  await expectState(page, 'ready');
  await expectStep(page, 'bc-mle', 0);

  await page.keyboard.press('1');
  await expect(page.getByTestId('alone-view-bc-mle')).toBeVisible();
  await page.keyboard.press('0');
  await expect(page.getByTestId('alone-view-diffusion-ql')).toBeVisible();
  await page.keyboard.press('9');
  await expect(page.getByTestId('alone-view-bear-mmd')).toContainText('is switched off');
  await page.keyboard.press('d');
  await expect(page.getByTestId('data-view')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('figure')).toBeVisible();

  await page.keyboard.press('?');
  const help = page.getByTestId('help-dialog');
  for (const key of ['Space', 'S', 'R', '1 – 9, 0', '?']) {
    await expect(help.locator('kbd').getByText(key, { exact: true })).toBeVisible();
  }
  // Shortcuts are off while the overlay is open.
  await page.keyboard.press('s');
  await page.keyboard.press('Escape');
  await expect(help).toHaveCount(0);

  // Escape closes the settings, also from within a field, and drops its unfinished text.
  await page.getByTestId('settings').focus();
  await page.keyboard.press('Enter');
  const width = page.getByTestId('setting-hidden').getByRole('spinbutton');
  await width.fill('99');
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('settings-drawer')).toHaveCount(0);
  await expect(page.getByTestId('settings')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(width).toHaveValue('16');
  await page.keyboard.press('Escape');

  await page.getByTestId('budget').focus();
  for (const key of ['s', 'r', '1', '?', 'Space']) await page.keyboard.press(key);
  await page.waitForTimeout(500);
  await expectState(page, 'ready');
  await expectStep(page, 'bc-mle', 0);
  await expect(help).toHaveCount(0);
  await expect(page.getByTestId('figure')).toBeVisible();
});

test('the denoising scrubber moves the samples of diffusion policies only', async ({ page }) => {
  await open(page, { ...QUICK, test: 1 });
  await playToTheEnd(page);
  for (const method of METHODS) await expectStep(page, method, 40);
  const scrubber = page.getByTestId('denoise');
  const slider = scrubber.getByRole('slider');
  const diffusion = page.getByTestId('panel-diffusion-ql').locator('canvas').first();
  const gaussian = page.getByTestId('panel-bc-mle').locator('canvas').first();
  const samples = await settledPicture(diffusion);
  const still = await settledPicture(gaussian);

  const seen = new Set([samples]);
  for (const [at, words] of [
    ['0', 't = 4 of 4: pure noise'],
    ['2', 't = 2 of 4: noise → action'],
    ['4', 't = 0 of 4: action'],
  ] as const) {
    await slider.fill(at);
    await expect(scrubber).toContainText(words);
    await expect.poll(async () => seen.has(await picture(diffusion))).toBe(false);
    seen.add(await picture(diffusion));
  }
  expect(await picture(gaussian)).toBe(still);

  await slider.fill('0');
  await linkFields(page, (fields) => fields.get('denoise') === '0');
  await scrubber.getByRole('button', { name: 'Play the reverse process' }).click();
  await expect(scrubber).toContainText('t = 0 of 4: action');
  await expect(scrubber.getByRole('button', { name: 'Play the reverse process' })).toBeVisible();

  await page.getByTestId('denoise-off').click();
  await expect.poll(() => picture(diffusion)).toBe(samples);
  await linkFields(page, (fields) => !fields.has('denoise'));
});

test('the training-time scrubber shows earlier steps, and returns to the present', async ({ page }) => {
  await open(page, { ...QUICK, test: 1 });
  await playToTheEnd(page);
  for (const method of METHODS) await expectStep(page, method, 40);
  const end = await readouts(page, 'diffusion-ql');
  const canvas = page.getByTestId('panel-diffusion-ql').locator('canvas').first();
  const endPicture = await settledPicture(canvas);

  const scrubber = page.getByTestId('moment');
  const slider = scrubber.getByRole('slider');
  await expect(scrubber.getByRole('button', { name: 'Live' })).toHaveAttribute('aria-pressed', 'true');
  await slider.fill('0');
  await expect(slider).toHaveAttribute('aria-valuetext', /^step \d+$/);
  const moment = Number((await slider.getAttribute('aria-valuetext'))!.slice('step '.length));
  expect(moment).toBeLessThan(40);
  for (const method of METHODS) await expectStep(page, method, moment);
  expect(await readouts(page, 'diffusion-ql')).not.toEqual(end);
  await linkFields(page, (fields) => fields.get('moment') === String(moment));

  // Denoising is replayed from the weights of that step.
  await expect.poll(() => picture(canvas)).not.toBe(endPicture);
  const then = await picture(canvas);
  await page.getByTestId('denoise').getByRole('slider').fill('2');
  await expect.poll(() => picture(canvas)).not.toBe(then);
  const denoisedThen = await picture(canvas);
  await scrubber.getByRole('button', { name: 'Live' }).click();
  await expectStep(page, 'diffusion-ql', 40);
  await expect.poll(() => picture(canvas)).not.toBe(denoisedThen);
  await page.getByTestId('denoise-off').click();
  await expect.poll(() => readouts(page, 'diffusion-ql')).toEqual(end);
  await expect.poll(() => picture(canvas)).toBe(endPicture);
});

test('the view of one method shows its losses and curves at an earlier step', async ({ page }) => {
  await open(page, { ...QUICK, methods: 'diffusion-ql', show: 'diffusion-ql' });
  await playToTheEnd(page);
  await expectStep(page, 'diffusion-ql', 40);
  const losses = page.getByTestId('losses');
  const curves = page.locator('.solo-charts svg path.plot-line');
  const marks = page.locator('.solo-charts .plot-mark');
  await expect(losses).toContainText('Critic loss');
  // Four metrics, then the losses and other logged values.
  const lines = 4 + (await losses.locator('dt').count());
  await expect(curves).toHaveCount(lines);
  await expect(marks).toHaveCount(0);
  const end = await losses.innerText();

  const slider = page.getByTestId('moment').getByRole('slider');
  await slider.fill('1');
  await expect.poll(() => stepOf(page, 'diffusion-ql')).toBeLessThan(40);
  await expect(losses).toContainText('Critic loss');
  expect(await losses.innerText()).not.toBe(end);
  await expect(curves).toHaveCount(lines);
  await expect(marks).toHaveCount(lines);
  // Before the first step there are no losses, and the page says so.
  await slider.fill('0');
  await expectStep(page, 'diffusion-ql', 0);
  await expect(page.getByText('Losses come with the first step.')).toBeVisible();
  await expect(curves).toHaveCount(lines);
  await page.getByTestId('moment').getByRole('button', { name: 'Live' }).click();
  await expect(losses).toHaveText(end, { useInnerText: true });
});

test('neighbouring axis ticks of a curve have different labels', async ({ page }) => {
  await open(page, QUICK);
  await playToTheEnd(page);
  const ticks = page.getByTestId('curves').locator('.recharts-yAxis-tick-labels .recharts-cartesian-axis-tick-label');
  for (const quantity of ['mmd2', 'meanReward', 'regret', 'effectiveModes', 'loss', 'q', 'inMode']) {
    await page.getByTestId('quantity').selectOption(quantity);
    await expect.poll(() => ticks.count(), quantity).toBeGreaterThanOrEqual(2);
    const texts = await ticks.allTextContents();
    expect(new Set(texts).size, `${quantity}: ${texts.join(' ')}`).toBe(texts.length);
  }
});

test('the shipped figure is labelled as such, and Play replaces all of it', async ({ page }) => {
  await open(page, { ...QUICK, speed: 5 });
  await expectState(page, 'showing-pretrained');
  const panel = page.getByTestId('panel-diffusion-ql');
  await expect(panel.locator('.metric-steps')).toContainText('6,000 shipped');
  await expect(page.getByTestId('clock-step')).toHaveText('0');
  const steps = await page.getByTestId('play').evaluate(async (play) => {
    (play as HTMLButtonElement).click();
    await new Promise((done) => requestAnimationFrame(done));
    return [...document.querySelectorAll('[data-testid^="steps-"], [data-testid="clock-step"]')].map(
      (element) => element.textContent,
    );
  });
  // There is no number until a method shows its own step 0.
  for (const step of steps) expect(['0', '–']).toContain(step);
  await expectStepAbove(page, 'diffusion-ql', 0);
  expect(await stepOf(page, 'diffusion-ql')).toBeLessThan(40);
  await expect(panel.locator('.metric-steps')).not.toContainText('shipped');
});

test('the budget field accepts every budget that a link accepts', async ({ page }) => {
  await open(page, { ...QUICK, modes: FOUR_MODES });
  const budget = page.getByTestId('budget');
  await budget.fill('0');
  await budget.press('Enter');
  await linkFields(page, (fields) => fields.get('steps') === '0');
  await page.getByTestId('play').click();
  await expectState(page, 'finished');
  await expectStep(page, 'bc-mle', 0);
  await budget.fill('-1');
  await budget.press('Enter');
  await expect(budget).toHaveValue('0');
  await expect(page.getByText('A whole number from 0 to 1,000,000.')).toBeVisible();
});

test('curves are drawn while the bandit run trains', async ({ page }) => {
  await open(page, QUICK);
  await playToTheEnd(page);
  const curves = page.getByTestId('curves');
  await expect(curves.locator('svg path.plot-line')).toHaveCount(2);
  await page.getByTestId('quantity').selectOption('mmd2');
  await page.getByTestId('axis').selectOption('seconds');
  await expect(curves.locator('svg path.plot-line')).toHaveCount(2);
  await linkFields(page, (fields) => fields.get('plot') === 'mmd2' && fields.get('axis') === 'seconds');
});

test('a hidden tab pauses its run, and continues when it is visible again', async ({ page }) => {
  const hide = (hidden: boolean) =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
      Object.defineProperty(document, 'visibilityState', {
        configurable: true,
        get: () => (value ? 'hidden' : 'visible'),
      });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await open(page, LONG);
  await play(page);
  await expectStepAbove(page, 'bc-mle', 5);
  await hide(true);
  await expectState(page, 'paused');
  const rested = await restingSteps(page);
  await page.waitForTimeout(1000);
  expect(await restingSteps(page)).toEqual(rested);
  await hide(false);
  await expectState(page, 'running');
  await expectStepAbove(page, 'bc-mle', rested[0]!);

  // A run that the user paused stays paused.
  await pause(page);
  await hide(true);
  await hide(false);
  await page.waitForTimeout(500);
  await expectState(page, 'paused');
});

test('on four cores the methods are partitioned over three workers', async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, 'hardwareConcurrency', { value: 4 }));
  const methods = ['bc-mle', 'bc-diffusion', 'diffusion-ql'];
  await open(page, { ...QUICK, methods: methods.join(), modes: FOUR_MODES });
  await page.getByTestId('engine').click();
  await expect(page.getByText(/WebAssembly SIMD, 3 workers/)).toBeVisible();
  await page.keyboard.press('Escape');
  await playToTheEnd(page);
  for (const method of methods) await expectStep(page, method, 40);
});

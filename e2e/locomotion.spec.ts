/** The Locomotion page: runs are trained, left, resumed, exported, and compared. */
import type { Page } from '@playwright/test';
import { MemoryFolder, sourceOf, SYNTHETIC, syntheticTrajectories } from '../src/datasets/testing.ts';
import { writeShards } from '../src/datasets/shards/writer.ts';
import { decodeCheckpoint, encodeFile } from '../src/locomotion/checkpoint-file.ts';
import { summary } from '../src/locomotion/evaluation.ts';
import { expectNoBarriers } from './barriers.ts';
import { expect, test } from './fixtures.ts';
import { finishedRun } from './locomotion-file.ts';
import { bytesOf, csvRows, linkFields, open, type Fields } from './playground.ts';

/** Tiny networks, with which a step takes almost no time; the policy falls at once. */
const TINY: Fields = {
  page: 'locomotion',
  task: 'hopper-medium-expert',
  algorithm: 'diffusion-bc',
  preset: 'small',
  hidden: 8,
  batch: 16,
  T: 2,
  steps: 50,
  'evaluate-every': 25,
  episodes: 2,
  stage: '2d',
  engine: 'wasm',
};

const clock = (page: Page) => page.getByTestId('run-clock');
const runs = (page: Page) => page.getByTestId('runs').locator('tbody tr');

async function train(page: Page): Promise<void> {
  await page.getByTestId('train').click();
  await expect(clock(page)).toHaveAttribute('data-status', 'finished', { timeout: 60_000 });
}

async function stepAbove(page: Page, step: number): Promise<void> {
  await expect.poll(async () => Number(await clock(page).getAttribute('data-step'))).toBeGreaterThan(step);
}

async function saved(page: Page, row: number, what: string): Promise<Buffer> {
  const download = page.waitForEvent('download');
  await runs(page).nth(row).getByTestId('export-run').click();
  await page.getByTestId(`export-${what}`).click();
  return bytesOf(download);
}

/** Opens the page with the body at rest. */
async function openStill(page: Page, fields: Fields): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page, fields);
}

test('a locomotion run trains on shipped data, is evaluated in the body, and exported', async ({ page }) => {
  test.slow();
  await openStill(page, TINY);
  await expect(page.getByTestId('data').locator('option').first()).toContainText('comes with this page');
  await train(page);
  await expect(clock(page)).toHaveAttribute('data-step', '50');
  await expect(page.getByTestId('score-table').locator('tbody tr')).toHaveCount(1);
  await expect(page.getByTestId('policy-step')).toHaveAttribute('data-step', '50');
  await expect(page.getByTestId('copy-command')).toHaveAttribute(
    'data-command',
    /lab -- train --data hopper-medium-expert-collected .*--T 2/,
  );
  const inspector = page.getByTestId('policy-inspector');
  await expect(inspector).toHaveAttribute('data-near', '0');
  await expect(inspector.getByTestId('policy-inspector-data').locator('option:checked')).toHaveText(
    'hopper-medium-expert-collected',
  );
  await expect(inspector.getByTestId('denoising-2')).toHaveAccessibleName(/^foot: 50 draws from noise at t = 2/);
  await page.getByTestId('inspector-card').locator('summary').click();
  await expect(inspector).toHaveCount(0);
  expect(decodeCheckpoint(await saved(page, 0, 'checkpoint')).step).toBe(50);
  const best = decodeCheckpoint(await saved(page, 0, 'best'));
  expect([25, 50]).toContain(best.step);
  expect(best.notes).toHaveProperty('evaluations');
  expect(csvRows(await saved(page, 0, 'scores')).map(({ step }) => step)).toEqual(['25', '50']);
  await expectNoBarriers(page, 'a finished run');
  await page.getByTestId('new-run').click();
  await expect(page.getByTestId('task')).toBeEnabled();
});

test('a locomotion run refuses data of other widths and settings out of bounds, and names the values', async ({
  page,
  context,
}) => {
  const address = 'https://data.example/narrow/';
  const folder = new MemoryFolder();
  const about = { ...SYNTHETIC, id: 'narrow', environment: 'hopper' };
  await writeShards(sourceOf(syntheticTrajectories(60, 5, 2)), about, folder);
  await context.route(`${address}**`, async (route) => {
    const bytes = folder.files.get(route.request().url().slice(address.length));
    await route.fulfill({
      status: bytes ? 200 : 404,
      headers: { 'Access-Control-Allow-Origin': '*' },
      body: Buffer.from(bytes ?? []),
    });
  });
  await open(page, { page: 'datasets' });
  await page.getByTestId('address').fill(address);
  await page.getByTestId('fetch').click();
  await expect(page.locator('#card-title')).toHaveText('narrow');

  await openStill(page, { ...TINY, hidden: 9999, eta: -1 });
  await expect(page.getByTestId('notice').getByRole('listitem')).toHaveText([
    'hidden: “9999” is not a whole number from 8 to 512; the preset’s is taken.',
    /^eta: “-1” is not a number from 0 to .*; the preset’s is taken\.$/,
  ]);
  await page.getByTestId('data').selectOption({ label: 'narrow: 60 rows, not D4RL’s' });
  await page.getByTestId('train').click();
  await expect(page.getByTestId('error')).toContainText(
    'The run could not be opened. narrow has rows of 5 observations and 2 actions; hopper-medium-expert has 11 and 3.',
  );
  await expect(runs(page)).toHaveCount(0);
  await expect(page.getByTestId('task')).toBeEnabled();

  await page.getByTestId('settings').click();
  const width = page.getByTestId('setting-hidden');
  await width.getByRole('spinbutton').fill('100000');
  await width.getByRole('spinbutton').press('Enter');
  await expect(width.getByRole('spinbutton')).toHaveValue('512');
  await expect(width.getByRole('status')).toHaveText('A whole number from 8 to 512.');
});

test('a locomotion run is left, resumed at its step, imported and compared', async ({ page }) => {
  test.slow();
  await openStill(page, { ...TINY, steps: 20_000 });
  await page.getByTestId('train').click();
  await stepAbove(page, 30);
  await page.getByTestId('pause').click();
  await expect(clock(page)).toHaveAttribute('data-status', 'paused');
  const at = Number(await clock(page).getAttribute('data-step'));
  expect(at).toBeLessThan(20_000);
  const before = decodeCheckpoint(await saved(page, 0, 'checkpoint'));
  await linkFields(page, (fields) => /^run-/.test(fields.get('run') ?? ''));

  await page.reload();
  await expect(clock(page)).toHaveAttribute('data-step', String(at));
  await expect(page.getByTestId('task')).toBeDisabled();
  const file = await saved(page, 0, 'checkpoint');
  expect(decodeCheckpoint(file).tensors).toEqual(before.tensors);
  await page.getByTestId('train').click();
  await stepAbove(page, at);
  await page.getByTestId('pause').click();
  await expect(clock(page)).toHaveAttribute('data-status', 'paused');

  await page.getByTestId('new-run').click();
  await page.getByTestId('algorithm').selectOption('bc');
  const give = (name: string, buffer: Buffer) =>
    page.getByTestId('import-file').setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
  await give('run.safetensors', file);
  await expect(page.getByTestId('note')).toContainText(
    'differs from the one in the form (method: “diffusion-bc” there, “bc” here',
  );
  await expect(page.getByTestId('algorithm')).toHaveValue('diffusion-bc');
  await expect(clock(page)).toHaveAttribute('data-step', String(at));
  await give('cut.safetensors', file.subarray(0, file.length - 100));
  await expect(page.getByTestId('error')).toContainText('cut.safetensors could not be imported.');
  const damaged = Buffer.from(file);
  damaged[damaged.length - 5]! ^= 16;
  await give('damaged.safetensors', damaged);
  await expect(page.getByTestId('error')).toContainText(
    'damaged.safetensors could not be imported. The checkpoint is damaged',
  );
  await give('finished.safetensors', await finishedRun(1));
  await expect(runs(page)).toHaveCount(3);
  for (const row of [0, 2]) await runs(page).nth(row).getByRole('checkbox').check();
  await expect(page.getByTestId('comparison').locator('tbody tr')).not.toHaveCount(0);
  await runs(page)
    .nth(0)
    .getByRole('button', { name: /^Delete/ })
    .click();
  await runs(page)
    .nth(0)
    .getByRole('button', { name: /^Yes, delete/ })
    .click();
  await expect(runs(page)).toHaveCount(2);

  // A run with physics that this page lacks is shown, but not evaluated further.
  const { notes, ...rest } = decodeCheckpoint(file);
  const played = { candidates: 1, returns: [9], lengths: [9], ...summary([9], null) };
  const points = [{ step: 1, bcLoss: null, evaluations: [played] }];
  const old = encodeFile({ ...rest, notes: { ...notes, points, physics: 'MuJoCo 3.1, v2-compatible' } });
  await give('old.safetensors', Buffer.from(old));
  await expect(runs(page)).toHaveCount(3);
  await page.getByTestId('train').click();
  await expect(page.getByTestId('error')).toContainText(
    'The run could not be opened. The run has points that were played in MuJoCo 3.1, v2-compatible, and this page has',
  );
  await expect(clock(page)).toHaveAttribute('data-step', String(at));
});

test('reopening a run whose dataset lost shards names the dataset', async ({ page }) => {
  await openStill(page, { ...TINY, steps: 20_000 });
  await page.getByTestId('train').click();
  await stepAbove(page, 30);
  await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const datasets = await root.getDirectoryHandle('datasets');
    const { value: name } = (await datasets.keys().next()) as { value: string };
    const dataset = await datasets.getDirectoryHandle(name);
    await (await dataset.getDirectoryHandle('observations')).removeEntry('0.0');
  });
  await stepAbove(page, Number(await clock(page).getAttribute('data-step')));
  await page.getByTestId('pause').click();
  await expect(clock(page)).toHaveAttribute('data-status', 'paused');
  const at = String(await clock(page).getAttribute('data-step'));
  await page.reload();
  await page.getByTestId('train').click();
  await expect(page.getByTestId('error')).toContainText(
    'The dataset hopper-medium-expert-collected is not whole any more: observations/0.0: missing. Fetch or convert it again',
  );
  await expect(clock(page)).toHaveAttribute('data-step', at);
});

test('the Locomotion page works by keyboard: help, settings, exports, and the focus stays', async ({ page }) => {
  await openStill(page, { ...TINY, 'evaluate-every': 50, episodes: 1 });
  await page.keyboard.press('?');
  const help = page.getByTestId('help-dialog');
  await expect(help).toContainText('0 is the mean return of random actions');
  await expectNoBarriers(page, 'the help', '[data-testid=help-dialog]');
  // In a dialog, Space does not start training.
  await help.getByRole('heading').first().click();
  await page.keyboard.press('Space');
  await page.keyboard.press('Escape');
  await expect(help).toHaveCount(0);
  await expect(clock(page)).toHaveCount(0);

  await page.getByTestId('settings').press('Enter');
  await expect(page.getByRole('button', { name: 'Close the settings' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('settings-drawer')).toHaveCount(0);
  await expect(page.getByTestId('settings')).toBeFocused();

  await page.getByTestId('settings').evaluate((element) => element.blur());
  await page.keyboard.press('Space');
  await expect(clock(page)).toHaveAttribute('data-status', 'finished', { timeout: 60_000 });
  // Arrow keys must move through the list without exporting.
  await runs(page).nth(0).getByTestId('export-run').press('Enter');
  await expectNoBarriers(page, 'the export', '[data-testid=export-dialog]');
  const download = page.waitForEvent('download');
  await page.getByTestId('export-json').press('Enter');
  expect((await bytesOf(download)).toString()).toContain('"kind":"evaluation"');
  await expect(page.getByTestId('export-dialog')).toHaveCount(0);
  await expect(runs(page).nth(0).getByTestId('export-run')).toBeFocused();
  const remove = runs(page)
    .nth(0)
    .getByRole('button', { name: /^Delete/ });
  await remove.press('Enter');
  await runs(page)
    .nth(0)
    .getByRole('button', { name: /^Yes, delete/ })
    .press('Enter');
  await expect(page.getByRole('heading', { name: 'Runs in this browser' })).toBeFocused();
});

/**
 * Compatibility with an earlier version: links, files of weights and runs, and browser storage. The files are in
 * `old-formats/` and are never regenerated. They are opened only by the page's controls and the command line, which do not
 * depend on names in the code.
 */
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';

test.describe.configure({ mode: 'parallel' });

const OLD = 'e2e/old-formats';
const bytesOf = (name: string) => readFile(join(OLD, name));

/** A link, and what the page that wrote it showed. */
interface OldLink {
  title: string;
  link: string;
  /** The page that it opens, as the navigation names it. */
  page: string;
  /** Whether what it shows is looked for in the drawer of settings too. */
  settings?: boolean;
  shows: string[];
  hides?: string[];
}

const LINKS = JSON.parse(await readFile(join(OLD, 'links.json'), 'utf8')) as OldLink[];

/** Keys of what is stored in `old-formats/opfs`. */
const COLLECTED = 'collected-1d5be7f7af267d7cb6933171';
const CONVERTED = 'converted-af51a497f0692d5ca531bfcd';
const PAUSED_RUN = 'run-6618a2e3e65d7';
const PAUSED_RUN_NAME =
  'Hopper, medium-expert: Diffusion-QL, small, Hidden width 8, Batch size 1024, Rate decay none, Diffusion steps T 30, EMA start 5, seed 2, step 43';

/** Opens an address of the page with its bodies at rest, and waits for its first picture. */
async function open(page: Page, address: string): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto('about:blank');
  await page.goto(`./${address}`);
  await expect(page.locator('html[data-ready]')).toBeAttached({ timeout: 90_000 });
}

/** The fields of an address: of its query, and of its fragment. */
function fieldsOf(address: string): Record<string, string> {
  const { searchParams, hash } = new URL(address, 'http://any/');
  return Object.fromEntries([...searchParams, ...new URLSearchParams(hash.slice(1))]);
}

/** Lines of what the page shows, as a reader of screens has it; of a list of choices the one that is chosen. */
async function shown(page: Page): Promise<string[]> {
  const snapshot = await page.locator('body').ariaSnapshot();
  const chosen = await page
    .getByRole('combobox')
    .evaluateAll((lists) => lists.map((list) => (list as HTMLSelectElement).selectedOptions[0]?.text));
  return snapshot.split('\n').map((text) => {
    const line = text
      .trim()
      .replace(/^- /, '')
      .replace(' [disabled]', '')
      .replace(/^(article .*):$/, '$1');
    const [list] = /^combobox "[^"]*"/.exec(line) ?? [];
    return list === undefined ? line : `${list}: ${chosen.shift()?.replace(/ \(score .*\)$/, '')}`;
  });
}

/** Checks that the link needed no repair. */
async function expectNotMended(page: Page): Promise<void> {
  await expect(page.getByText(/fields? of the link (was|were) not right/)).toHaveCount(0);
}

for (const { title, link, page: name, settings = false, shows, hides = [] } of LINKS) {
  test(`a link of an earlier version opens as it was saved: ${title}`, async ({ page }) => {
    await open(page, link);
    if (settings) await page.getByRole('button', { name: 'Settings', exact: true }).click();
    const missing = async () => {
      const lines = new Set(await shown(page));
      return shows.filter((line) => !lines.has(line));
    };
    await expect.poll(missing, 'what the page does not show of the link').toEqual([]);
    if (hides.length > 0) {
      const lines = await shown(page);
      const seen = hides.filter((hidden) => lines.some((line) => line.startsWith(hidden)));
      expect(seen, 'what the link hides').toEqual([]);
    }
    await expectNotMended(page);
    // The page's own address of itself holds the whole experiment and view.
    const self = page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name });
    await expect(self).toHaveAttribute('aria-current', 'page');
    const { v: _version, ...given } = fieldsOf(link);
    const { page: _page, ...held } = fieldsOf((await self.getAttribute('href')) ?? '');
    const { page: _asked, ...asked } = given;
    expect(held).toEqual(asked);
  });
}

/** What of a file of tensors does not depend on when it was written: their names and places, and their bytes. */
function tensorsOf(file: Buffer): { header: unknown; bytes: Buffer } {
  const start = 8 + Number(file.readBigUInt64LE(0));
  const { __metadata__: _metadata, ...header } = JSON.parse(file.subarray(8, start).toString('utf8')) as Record<
    string,
    unknown
  >;
  return { header, bytes: file.subarray(start) };
}

function expectSameTensors(found: Buffer, old: Buffer): void {
  const [ours, theirs] = [tensorsOf(found), tensorsOf(old)];
  expect(ours.header).toEqual(theirs.header);
  expect(ours.bytes.equals(theirs.bytes), 'the values of the tensors').toBe(true);
}

async function saved(page: Page, button: Locator): Promise<Buffer> {
  const download = page.waitForEvent('download');
  await button.click();
  return readFile(await (await download).path());
}

/** Gives a file to a button that asks for one. */
async function give(page: Page, button: Locator, name: string): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await button.click();
  await (await chooser).setFiles(join(OLD, name));
}

test('weights of an earlier version, 16-bit ones too, are imported and exported again unchanged', async ({ page }) => {
  await open(page, '#methods=bc-mle,diffusion-ql&hidden=16&batch=16&T=4&steps=40&engine=wasm');
  const exports = page.getByRole('button', { name: 'Export', exact: true });
  const dialog = page.getByRole('dialog', { name: 'Import weights' });
  for (const name of ['bandit-half.safetensors', 'bandit.safetensors']) {
    await exports.click();
    await page.getByRole('button', { name: 'Import weights…' }).click();
    await give(page, dialog.getByRole('button', { name: 'File' }), name);
    await dialog.getByRole('combobox', { name: 'Into' }).selectOption('Diffusion-QL');
    await dialog.getByRole('button', { name: 'Import', exact: true }).click();
    await expect(dialog.getByRole('alert')).toHaveText(`Diffusion-QL has the weights of ${name}.`);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('article', { name: 'Diffusion-QL' })).toContainText(/step\s*40/);
  }
  await exports.click();
  await page.getByRole('combobox', { name: 'Of', exact: true }).selectOption('Diffusion-QL');
  const again = await saved(page, page.getByRole('button', { name: 'Weights, as safetensors' }));
  expectSameTensors(again, await bytesOf('bandit.safetensors'));
});

const runsTable = (page: Page) => page.getByRole('region', { name: 'Runs in this browser' });
const words = (page: Page) => page.getByRole('region', { name: 'Run', exact: true });

/** Saves the last checkpoint of a run. */
async function savedCheckpoint(page: Page, run: RegExp | string): Promise<Buffer> {
  const name = typeof run === 'string' ? `Export ${run}` : run;
  await runsTable(page).getByRole('button', { name, exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Export the run' });
  return saved(page, dialog.getByRole('button', { name: /^Last checkpoint/ }));
}

test('checkpoints of an earlier page and lab train are imported with their curves, and exported unchanged', async ({
  page,
}) => {
  await open(page, '#task=hopper-medium-expert&algorithm=bc&preset=small&page=locomotion&stage=2d&engine=wasm');
  const button = page.getByRole('button', { name: 'Import a checkpoint' });
  for (const [name, steps, run, scores] of [
    ['page-checkpoint.safetensors', '43 of 20,000 steps', /^Export .*, seed 2, step 43$/, 2],
    ['run/checkpoint.safetensors', '30 of 30 steps', /^Export .*, seed 3, step 30$/, 0],
  ] as const) {
    await give(page, button, name);
    await expect(words(page)).toContainText(steps);
    const table = page.getByRole('table', { name: 'Normalised scores of this run' });
    await expect(table.getByRole('rowheader')).toHaveCount(scores);
    expectSameTensors(await savedCheckpoint(page, run), await bytesOf(name));
  }
  await expect(page.getByRole('alert')).toHaveCount(0);
});

/** Every file of a folder, by its path there with `/`. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = files.map(async (file): Promise<[string, string]> => {
    return [relative(folder, file).split(sep).join('/'), (await readFile(file)).toString('base64')];
  });
  return Object.fromEntries(await Promise.all(read));
}

interface WebStorage {
  localStorage: Record<string, string>;
  sessionStorage: Record<string, string>;
}

/** Fills the browser's storage with that of an earlier version, from another document of the same origin. */
async function keepOld(page: Page): Promise<WebStorage> {
  const storage = JSON.parse((await bytesOf('web-storage.json')).toString('utf8')) as WebStorage;
  await page.route('**/elsewhere', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<link rel="icon" href="data:,">' }),
  );
  await page.goto('./elsewhere');
  await page.evaluate(
    async ({ files, kept }) => {
      for (const [path, text] of Object.entries(files)) {
        const parts = path.split('/');
        let folder = await navigator.storage.getDirectory();
        for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part, { create: true });
        const file = await (await folder.getFileHandle(parts.at(-1)!, { create: true })).createWritable();
        await file.write(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
        await file.close();
      }
      for (const [key, value] of Object.entries(kept.localStorage)) localStorage.setItem(key, value);
    },
    { files: await filesOf(join(OLD, 'opfs')), kept: storage },
  );
  return storage;
}

test('runs stored by an earlier version are listed, and a paused one resumes at its step with its settings', async ({
  page,
}) => {
  await keepOld(page);
  await open(page, '#page=locomotion&stage=2d');
  const list = runsTable(page).getByRole('button', { name: /^Open / });
  await expect(list).toHaveCount(3);
  await list.and(page.getByRole('button', { name: `Open ${PAUSED_RUN_NAME}`, exact: true })).click();
  await expect(words(page)).toContainText('43 of 20,000 steps');
  await expect(page).toHaveURL(new RegExp(`run=${PAUSED_RUN}`));
  await page.reload();
  await expect(words(page)).toContainText('saved at step 43');
  await expectNotMended(page);
  const table = page.getByRole('table', { name: 'Normalised scores of this run' });
  await expect(table.getByRole('rowheader')).toHaveCount(2);
  expectSameTensors(
    await savedCheckpoint(page, PAUSED_RUN_NAME),
    await bytesOf(`opfs/runs/${PAUSED_RUN}/checkpoint.safetensors.0`),
  );
  // This setting was changed during the run.
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await expect(page.getByRole('spinbutton', { name: 'Q weight η' })).toHaveValue('0.5');
  await page.keyboard.press('Escape');
  await words(page).getByRole('button', { name: 'Resume' }).click();
  await expect(words(page)).toContainText(/(4[5-9]|[5-9]\d|\d{3}) of 20,000 steps/);
  await words(page).getByRole('button', { name: 'Pause' }).click();
  await expect(words(page).getByRole('button', { name: 'Resume' })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('datasets stored by an earlier version are listed and open, and an interrupted fetch resumes', async ({
  page,
  context,
}) => {
  const asked: string[] = [];
  await context.route('https://data.example/half/**', async (route) => {
    const path = new URL(route.request().url()).pathname.replace('/half/', '');
    asked.push(path);
    await route.fulfill({
      headers: { 'Access-Control-Allow-Origin': '*' },
      body: await bytesOf(join('dataset', path)),
    });
  });
  await keepOld(page);
  await open(page, `#page=datasets&dataset=${CONVERTED}`);
  await expect(page.getByRole('heading', { name: 'hopper-small' })).toBeVisible();
  const main = page.getByRole('main');
  await expect(main).toContainText('All 400 rows were read, checked and indexed for training');
  await expectNotMended(page);
  const list = page.getByRole('region', { name: 'In this browser' });
  await expect(list.getByRole('listitem')).toHaveCount(4);
  for (const [name, rows] of [
    ['hopper-expert-collected-seed-3', '300'],
    ['hopper-medium-expert-collected-seed-4', '1,000'],
  ] as const) {
    await list.getByRole('button', { name, exact: true }).click();
    await expect(page.getByRole('heading', { name, exact: true })).toBeVisible();
    await expect(main).toContainText(`All ${rows} rows were read, checked and indexed for training`);
  }
  await expect(page).toHaveURL(new RegExp(`dataset=${COLLECTED}`));
  await expect(list).toContainText('Stopped at 94 %');
  await list.getByRole('button', { name: 'Resume hopper-medium-expert-collected' }).click();
  await expect(list).toContainText('hopper, 1,000 rows, 4 episodes, 49.1 kB');
  expect(asked.filter((path) => /\/\d/.test(path))).toEqual(['rewards/0']);
  await list.getByRole('button', { name: 'hopper-medium-expert-collected', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'hopper-medium-expert-collected', exact: true })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('the theme and the tab’s experiments stored by an earlier version are restored', async ({ page }) => {
  const { sessionStorage: kept } = await keepOld(page);
  const reload = async () => {
    await page.evaluate((entries) => {
      for (const [key, value] of Object.entries(entries)) sessionStorage.setItem(key, value);
    }, kept);
    await page.reload();
    await expect(page.locator('html[data-ready]')).toBeAttached({ timeout: 90_000 });
  };
  const linkTo = (name: string) => page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name });
  const heldFor = async (name: string) => fieldsOf((await linkTo(name).getAttribute('href')) ?? '');
  const fields = (text: string | undefined) => Object.fromEntries(new URLSearchParams(text));
  await open(page, '#methods=bc-mle&hidden=16&engine=wasm');
  await reload();
  await expect(page.getByRole('combobox', { name: 'Theme' }).locator('option:checked')).toHaveText('Dark');
  await expect(page.locator('html')).toHaveCSS('color-scheme', 'dark');
  await expect.poll(() => heldFor('Locomotion')).toMatchObject(fields(kept['locomotion-experiment']));
  await linkTo('Locomotion').click();
  await expect(page).toHaveURL(/page=locomotion/);
  await reload();
  await expect.poll(() => heldFor('Bandit')).toMatchObject(fields(kept['experiment']));
});

/** A command of `lab`, which has to succeed. @returns the JSON that it prints */
function lab(...args: string[]): Promise<Record<string, unknown>> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, ['scripts/lab.mjs', ...args, '--json']);
    let [out, trouble] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (trouble += text));
    child.on('error', fail);
    child.on('close', (code) => {
      if (code === 0) done(JSON.parse(out) as Record<string, unknown>);
      else fail(new Error(`lab ${args.join(' ')}\nexit code ${code}\n${trouble}`));
    });
  });
}

/** Runs `body` with an empty folder. */
async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'old-formats-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const stepsOf = async (file: string) =>
  (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { step: number }).step);

const HERE = ['--backend', 'wasm', '--workers', '1', '--evaluate-every', '15', '--episodes', '2'];

test('lab train resumes a folder of an earlier version, on a dataset of an earlier lab collect', async () => {
  await inFolder(async (folder) => {
    await cp(join(OLD, 'run'), folder, { recursive: true });
    const same = ['--task', 'hopper-medium-expert', '--algorithm', 'diffusion-ql', '--preset', 'small', '--seed', '3'];
    const settings = ['--hidden', '8', '--batch', '16', '--T', '2', '--decay', 'none', '--ema-start', '5'];
    const data = ['--data', join(OLD, 'dataset'), '--out', folder];
    const report = await lab('train', '--resume', ...data, ...same, ...settings, ...HERE, '--steps', '46');
    expect(report).toMatchObject({ runs: [{ seed: 3, steps: 46 }], diverged: [] });
    expect((await stepsOf(join(folder, 'evaluations.jsonl'))).slice(0, 3)).toEqual([15, 30, 45]);
    expect(await stepsOf(join(folder, 'losses.jsonl'))).toEqual(Array.from({ length: 46 }, (_, index) => index + 1));
  });
});

test('lab train --from continues a checkpoint that an earlier page exported', async () => {
  await inFolder(async (folder) => {
    const same = ['--task', 'hopper-medium-expert', '--algorithm', 'diffusion-ql', '--preset', 'small', '--seed', '2'];
    const settings = ['--hidden', '8', '--batch', '1024', '--T', '30', '--decay', 'none', '--ema-start', '5'];
    const data = ['--data', join(OLD, 'opfs', 'datasets', COLLECTED), '--out', folder];
    const from = ['--from', join(OLD, 'page-checkpoint.safetensors')];
    const report = await lab('train', ...from, ...data, ...same, ...settings, ...HERE, '--steps', '44');
    expect(report).toMatchObject({ runs: [{ seed: 2, steps: 44 }] });
    expect((await stepsOf(join(folder, 'evaluations.jsonl'))).slice(0, 2)).toEqual([15, 30]);
  });
});

test('lab evaluate plays a policy that an earlier page exported', async () => {
  const plan = ['--env', 'hopper', '--episodes', '1', '--candidates', '2', '--workers', '1'];
  const report = await lab('evaluate', '--checkpoint', join(OLD, 'page-best.safetensors'), ...plan);
  expect(report).toMatchObject({ task: 'hopper-medium-expert', method: 'diffusion-ql', step: 15 });
});

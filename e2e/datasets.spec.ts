/** The page of datasets: from an address or a file into the browser, and what is shown of it. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { d4rlContents, minariEpisode, writeFixture } from '../src/datasets/hdf5/testing.ts';
import { expectNoBarriers } from './barriers.ts';
import { FAULTS, first, SMALL, test, type Host } from './dataset-host.ts';
import { expect } from './fixtures.ts';
import { link, picture, QUICK, ready } from './playground.ts';

let folder: string;
test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'datasets-'));
});
test.afterAll(() => rm(folder, { recursive: true }));

async function openDatasets(page: Page): Promise<void> {
  await page.goto('about:blank');
  await page.goto('./#page=datasets');
  await ready(page);
}

async function startFetch(page: Page, address: string): Promise<void> {
  await page.getByTestId('address').fill(address);
  await page.getByTestId('fetch').click();
}

const card = (page: Page) => page.getByTestId('card');
const error = (page: Page) => page.getByTestId('error');
const list = (page: Page) => page.getByTestId('dataset-list');

async function expectCard(page: Page, rows: string): Promise<void> {
  await expect(card(page).getByTestId('facts')).toContainText(`Rows${rows}`);
  await expect(card(page).getByTestId('ready-ms')).toBeVisible();
}

async function give(page: Page, ...paths: string[]): Promise<void> {
  await page.getByTestId('file').setInputFiles(paths);
}

/** Chunks of the host, whose names begin with a letter and hold a number. */
const chunksAsked = (host: Host) => [...host.calls].filter(([path]) => /^[a-z]+\/\d/.test(path));

test('a fetched dataset survives a reload, opens without its host, and can be removed', async ({ page, host }) => {
  const site = await host();
  site.delay = 40;
  await openDatasets(page);
  await expect(page.getByTestId('none-stored')).toBeVisible();
  await startFetch(page, site.address);
  await expect(page.getByTestId('job')).toContainText(/\d+ of \d+ chunks/);
  await expectCard(page, '2,100');
  await expect(card(page).getByTestId('facts')).toContainText('Mean scorenone: no reference returns');
  expect(chunksAsked(site).every(([, calls]) => calls === 1)).toBe(true);
  await expect(page.getByTestId('job')).toHaveCount(0);
  await expect(page.getByTestId('room')).toContainText('that the browser gives this page');

  const asked = new Map(site.calls);
  await expect(page).toHaveURL(/dataset=fetched-[0-9a-f]{24}/);
  const address = page.url();
  await page.goto('./#page=datasets');
  await expect(card(page)).toHaveCount(0);
  await page.goBack();
  await expectCard(page, '2,100');
  expect(page.url()).toBe(address);
  await page.reload();
  await expectCard(page, '2,100');
  expect(site.calls).toEqual(asked);

  await list(page).getByRole('button', { name: 'Remove synthetic' }).click();
  await expect(page.getByTestId('none-stored')).toBeVisible();
  await expect(card(page)).toHaveCount(0);
  await page.reload();
  await ready(page);
  await expect(page.getByTestId('none-stored')).toBeVisible();
});

test('the shipped dataset opens with one click and shows its provenance', async ({ page }) => {
  await openDatasets(page);
  await page.getByRole('button', { name: /^Fetch .*Hopper, medium-expert$/ }).click();
  await expectCard(page, '30,000');
  await expect(card(page)).toContainText('D4RL protocol, collected here');
  await expect(card(page)).toContainText('MuJoCo 3.14, v2-compatible');
});

test('fetching a dataset survives temporary faults of its host', async ({ page, host, complaints }) => {
  complaints.allow(/127\.0\.0\.1:\d+\/data\/|Failed to load resource/);
  const site = await host();
  site.faults.set('observations/0.0', first(1, FAULTS.status500));
  site.faults.set('observations/3.0', first(1, FAULTS.status206));
  site.faults.set('actions/1.0', first(1, FAULTS.cut));
  site.faults.set('rewards/0', first(1, FAULTS.short));
  site.faults.set('rewards/1', first(1, FAULTS.long));
  site.faults.set('terminals/0', first(1, FAULTS.other));
  site.faults.set('dataset.json', first(1, FAULTS.status500));
  await openDatasets(page);
  await startFetch(page, `${site.address}dataset.json`);
  await expectCard(page, '2,100');
  for (const path of site.faults.keys()) expect.soft(site.calls.get(path), path).toBe(2);
  await expect(error(page)).toHaveCount(0);
});

test('a failed fetch names the missing files, and keeps those that arrived', async ({ page, host, complaints }) => {
  complaints.allow(/127\.0\.0\.1:\d+\/data\/|Failed to load resource/);
  const site = await host();
  site.faults.set('actions/2.0', FAULTS.status404);
  await openDatasets(page);
  await startFetch(page, site.address);
  await expect(error(page)).toContainText(`${site.address}actions/2.0 answered 404: there is no such file`);
  await expect(list(page)).toContainText(/Stopped at \d+\s%/);
  const had = chunksAsked(site).map(([path]) => path);

  site.faults.set('actions/2.0', FAULTS.other);
  await page.reload();
  await list(page).getByRole('button', { name: 'Resume synthetic' }).click();
  await expect(error(page)).toContainText(/actions\/2\.0 has the SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}.*twice/);

  site.faults.clear();
  await list(page).getByRole('button', { name: 'Resume synthetic' }).click();
  await expectCard(page, '2,100');
  expect(site.calls.get('observations/0.0')).toBe(1);
  expect(had.filter((path) => site.calls.get(path) === 1).length).toBeGreaterThan(0);
});

test('fetching names a host without CORS, and one without a dataset', async ({ page, host, complaints }) => {
  complaints.allow(/127\.0\.0\.1:\d+|CORS|Failed to load resource/);
  const site = await host();
  site.cors = false;
  await openDatasets(page);
  await startFetch(page, site.address);
  await expect(error(page)).toContainText('Access-Control-Allow-Origin: *');
  await expect(page.getByTestId('none-stored')).toBeVisible();
  site.cors = true;
  await startFetch(page, `${site.address}nothing/`);
  await expect(error(page)).toContainText(`${site.address}nothing/dataset.json answered 404`);
  await startFetch(page, './');
  await expect(error(page)).toContainText('dataset.json answered 404');
  await startFetch(page, 'ftp://host/data');
  await expect(error(page)).toContainText('begins with ftp:');
});

test('a fetch stopped by hand or by closing the tab can be resumed', async ({ page, context, host }) => {
  const site = await host();
  site.delay = 400;
  await openDatasets(page);
  await startFetch(page, site.address);
  await expect(page.getByTestId('job')).toContainText(/\b([6-9]|[12]\d) of \d+ chunks/);
  await page.getByTestId('cancel').click();
  await expect(list(page)).toContainText(/Stopped at \d+\s%/);
  await expect(error(page)).toHaveCount(0);

  await list(page).getByRole('button', { name: 'Resume synthetic' }).click();
  await expect(page.getByTestId('job')).toContainText(/\d+ of \d+ chunks/);
  await page.close();
  const again = await context.newPage();
  await openDatasets(again);
  await expect(list(again)).toContainText(/Stopped at \d+\s%/);
  site.delay = 0;
  await list(again).getByRole('button', { name: 'Resume synthetic' }).click();
  await expectCard(again, '2,100');
  // Those under way when it was stopped, six each time, were asked for again, and no others.
  expect(chunksAsked(site).filter(([, calls]) => calls > 1).length).toBeLessThanOrEqual(12);
});

test('only one of two tabs fetches or removes a dataset, and the other says why it cannot', async ({
  page,
  context,
  host,
}) => {
  const site = await host();
  site.delay = 1500;
  await openDatasets(page);
  await startFetch(page, site.address);
  await expect(page.getByTestId('job')).toContainText(/\d+ of \d+ chunks/);
  const other = await context.newPage();
  await openDatasets(other);
  await expect(list(other)).toContainText('In progress.');
  await startFetch(other, site.address);
  await expect(error(other)).toContainText('synthetic is open or on its way in another tab');
  await expectCard(page, '2,100');
  // The other tab hears of it.
  await expect(list(other)).toContainText('2,100 rows');
  await list(other).getByRole('button', { name: 'Remove synthetic' }).click();
  await expect(error(other)).toContainText('open or on its way in another tab of this page; close that tab first');
  await list(other).getByRole('button', { name: 'synthetic', exact: true }).click();
  await expectCard(other, '2,100');
});

test('a large conversion completes despite garbage collections in its workers', async ({ page, host }) => {
  const site = await host({ ...SMALL, rows: 500 });
  await openDatasets(page);
  // Garbage of all workers is collected again and again, as one that fills its memory would now and then. A moment lies
  // between: on a busy machine a worker that does nothing else comes to nothing in half a minute.
  const devtools = await page.context().newCDPSession(page);
  const message = JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' });
  const collect = (sessionId: string) => {
    devtools.send('Target.sendMessageToTarget', { sessionId, message }).catch(() => undefined);
  };
  let collected = 0;
  devtools.on('Target.attachedToTarget', ({ sessionId }) => collect(sessionId));
  devtools.on('Target.receivedMessageFromTarget', ({ sessionId }) => {
    collected++;
    setTimeout(() => collect(sessionId), 10);
  });
  await devtools.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  await startFetch(page, site.address);
  await expectCard(page, '500');
  expect(collected).toBeGreaterThan(5);
});

test('a fetch names full storage, and resumes when there is space', async ({ page, host, baseURL }) => {
  const site = await host();
  await openDatasets(page);
  const devtools = await page.context().newCDPSession(page);
  const origin = new URL(baseURL!).origin;
  const { usage } = await devtools.send('Storage.getUsageAndQuota', { origin });
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + 50_000 });
  await startFetch(page, site.address);
  await expect(error(page)).toContainText(/storage for this page is full: .* more do not fit/);
  await expect(list(page)).toContainText(/Stopped at \d+\s%/);
  await expect(page.getByTestId('job')).toHaveCount(0);

  await devtools.send('Storage.overrideQuotaForOrigin', { origin });
  site.delay = 400;
  await startFetch(page, site.address);
  await expect(page.getByTestId('job')).toContainText(/\b([6-9]|1\d) of \d+ chunks/);
  const now = await devtools.send('Storage.getUsageAndQuota', { origin });
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: now.usage + 10 });
  await expect(error(page)).toContainText('Nothing that was stored is lost');
  await expect(list(page)).toContainText(/Stopped at \d+\s%/);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin });
  await list(page).getByRole('button', { name: 'Resume synthetic' }).click();
  await expectCard(page, '2,100');
});

test('a dropped HDF5 file is converted in the browser and shown', async ({ page }) => {
  const path = join(folder, 'hopper-made.hdf5');
  await writeFixture(path, d4rlContents(400));
  await openDatasets(page);
  const dataTransfer = await page.evaluateHandle(
    (text) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], 'hopper-made.hdf5'));
      return transfer;
    },
    (await readFile(path)).toString('base64'),
  );
  await page.dispatchEvent('main', 'dragover', { dataTransfer });
  await expect(page.locator('.datasets-page[data-dropping]')).toBeVisible();
  await page.dispatchEvent('main', 'drop', { dataTransfer });
  await expectCard(page, '400');
  await expect(page.getByTestId('facts')).toContainText('Environmenthopper');
  await expect(card(page)).toContainText('not one of the published files');
  await expect(page.getByTestId('verified')).toHaveCount(0);
  await page.reload();
  await expectCard(page, '400');
  await expect(list(page)).toContainText('hopper, 400 rows, 41 episodes');
});

test('Minari’s two files are found in a dropped folder', async ({ page }) => {
  const data = join(folder, 'D4RL', 'made', 'data');
  await mkdir(data, { recursive: true });
  await writeFixture(join(data, 'main_data.hdf5'), { episode_0: minariEpisode(0, 6, 'terminated') });
  await writeFile(
    join(data, 'metadata.json'),
    JSON.stringify({ dataset_id: 'made/folder-v0', total_episodes: 1, total_steps: 6 }),
  );
  await writeFile(join(data, 'notes.txt'), 'not asked for');
  await mkdir(join(folder, 'bare'));
  await openDatasets(page);
  const devTools = await page.context().newCDPSession(page);
  const drop = async (path: string) => {
    const dragged = { items: [], files: [path], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await devTools.send('Input.dispatchDragEvent', { type, x: 400, y: 300, data: dragged });
    }
  };
  await drop(join(folder, 'bare'));
  await expect(error(page)).toContainText('The folder holds no HDF5 file');
  await drop(join(folder, 'D4RL'));
  await expectCard(page, '6');
  await expect(list(page)).toContainText('made/folder-v0');
});

test('the Datasets page reports errors in its link', async ({ page }) => {
  await page.goto('./#page=datasets&dataset=Hopper!&theme=pink');
  await ready(page);
  await expect(page.getByTestId('notice')).toContainText('dataset: “Hopper!” is not the key of a stored dataset');
  await expect(page.getByTestId('notice')).toContainText('theme: “pink”');
  await page.getByTestId('dismiss').click();
  await expect(page.getByTestId('notice')).toHaveCount(0);
});

test('Minari’s pair of files is converted, and errors in files are reported', async ({ page }) => {
  const pair = [join(folder, 'main_data.hdf5'), join(folder, 'metadata.json')] as const;
  await writeFixture(pair[0], {
    episode_0: minariEpisode(0, 5, 'terminated'),
    episode_1: minariEpisode(1, 3, 'truncated'),
  });
  await writeFile(pair[1], JSON.stringify({ dataset_id: 'made/up-v0', total_episodes: 2, total_steps: 8 }));
  await openDatasets(page);
  await give(page, pair[0]);
  await expect(error(page)).toContainText('there is no metadata.json beside it');
  await give(page, ...pair);
  await expectCard(page, '8');
  await expect(list(page)).toContainText('made/up-v0');

  const bad = async (name: string, write: (path: string) => Promise<void>, words: RegExp) => {
    const path = join(folder, name);
    await write(path);
    await give(page, path);
    await expect(error(page)).toContainText(words);
  };
  await bad('text.hdf5', (path) => writeFile(path, 'no HDF5 at all'), /text\.hdf5 is not an HDF5 file/);
  await bad('empty.hdf5', (path) => writeFile(path, ''), /empty\.hdf5 is empty \(0 bytes\)/);
  await bad(
    'cut.hdf5',
    async (path) => {
      await writeFixture(path, d4rlContents(50));
      await writeFile(path, (await readFile(path)).subarray(0, 3000));
    },
    /cut\.hdf5 is cut: it has 3000 bytes and says that it should have \d+/,
  );
  await bad(
    'other.hdf5',
    (path) => writeFixture(path, { weights: [new Float32Array(3), [3]] }),
    /Neither D4RL's layout .* nor Minari's .* Found: weights float32 \[3\]/,
  );
  await bad(
    'nan.hdf5',
    (path) => {
      const contents = d4rlContents(20);
      const rewards = new Float32Array(20);
      rewards[7] = NaN;
      return writeFixture(path, { ...contents, rewards: [rewards, [20]] });
    },
    /rewards, row 7 holds NaN/,
  );
  // None of these left anything behind.
  await expect(list(page).getByRole('listitem')).toHaveCount(1);
});

test('the dataset card finds and draws episodes, and shows actions near a state', async ({ page, host }) => {
  const site = await host();
  await openDatasets(page);
  await startFetch(page, site.address);
  await expectCard(page, '2,100');
  await expect(card(page).getByRole('img', { name: /^Returns of episodes: from/ })).toBeVisible();
  await expect(card(page).getByRole('img', { name: /^Observation 10: from/ })).toBeVisible();
  await expect(card(page).locator('.reward-chart path.recharts-line-curve')).toBeVisible();

  const canvas = page.getByTestId('actions-canvas');
  await expect(page.getByTestId('near-text')).toContainText('the farthest of 200 is');
  const before = await picture(canvas);
  await page.getByRole('button', { name: 'Another state' }).click();
  await expect.poll(() => picture(canvas)).not.toBe(before);

  await page.getByTestId('episode-search').fill('terminal length>6');
  await expect(page.getByText(/^150 of 300 episodes/)).toBeVisible();
  await page.getByTestId('episode-order').selectOption('best');
  await page.getByTestId('episodes').getByRole('button').first().click();
  const curves = page.getByTestId('episode-curves');
  await expect(curves).toContainText('7 steps, ended by the environment');
  await curves.getByRole('slider').fill('3');
  await expect(page.getByTestId('near-text')).toContainText('step 3;');

  await page.getByRole('checkbox', { name: 'Tables in place of plots' }).check();
  await expect(canvas).toHaveCount(0);
  await expect(card(page).getByRole('table', { name: 'Reward by step of the episode' })).toBeVisible();
  await expect(card(page).getByRole('table', { name: /^Action 0: rows by value/ })).toBeVisible();
});

test('the Datasets page works with a keyboard, a screen reader and a small screen', async ({ page, host }) => {
  // A checker takes its time over every row of every table.
  const site = await host({ rows: 700, width: 2, actions: 2, chunkBytes: 4096 });
  const checkWidth = async (where: string) => {
    const past = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    // A chart takes a moment to follow the width of its place.
    await expect.poll(past, where).toBeLessThanOrEqual(0);
  };
  await openDatasets(page);
  await expectNoBarriers(page, 'without a dataset');
  // By the keyboard alone.
  await page.getByTestId('page-datasets').focus();
  for (let press = 0; press < 25; press++) {
    await page.keyboard.press('Tab');
    if (await page.getByTestId('address').evaluate((element) => element === document.activeElement)) break;
  }
  await page.keyboard.type(site.address);
  await page.keyboard.press('Enter');
  await expectCard(page, '700');
  await expect(page.getByTestId('live-region')).toHaveText('The dataset is stored.');
  await page.getByTestId('episodes').getByRole('button').first().focus();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('episode-curves')).toBeVisible();
  await expectNoBarriers(page, 'a card');
  await page.getByTestId('theme').selectOption('dark');
  await expectNoBarriers(page, 'a card, dark');
  await page.setViewportSize({ width: 390, height: 844 });
  await checkWidth('a card at 390 pixels');
  await page.getByRole('checkbox', { name: 'Tables in place of plots' }).check();
  await checkWidth('tables at 390 pixels');
});

test('a stored dataset opens without a network', async ({ page, context, host, baseURL }) => {
  const site = await host();
  // Under its plain name this machine gets no service worker (src/app/shared/offline.ts); under another it does.
  await page.goto(`${(baseURL ?? '').replace('127.0.0.1', 'playground.localhost')}#page=datasets`);
  await ready(page);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await startFetch(page, site.address);
  await expectCard(page, '2,100');
  await context.setOffline(true);
  await page.reload();
  await expectCard(page, '2,100');
  await context.setOffline(false);
  // What is kept in its own place is not kept by the service worker as well.
  const cached = await page.evaluate(async () => {
    const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
    const requests = (await Promise.all(caches_.map((cache) => cache.keys()))).flat();
    return requests.map(({ url }) => url).filter((url) => url.includes('/data/'));
  });
  expect(cached).toEqual([]);
});

test('switching pages keeps the run, Back returns to it, and no worker trains without need', async ({ page }) => {
  await openDatasets(page);
  await expect(page).toHaveTitle(/^Datasets – /);
  const trainers = async () => {
    const kinds = await Promise.all(page.workers().map((worker) => worker.evaluate(() => '_tfengine' in globalThis)));
    return kinds.filter(Boolean).length;
  };
  expect(await trainers()).toBe(0);
  await page.getByTestId('page-bandit').click();
  await expect(page.getByTestId('figure')).toBeVisible();
  await page.goBack();
  await expect(page.getByTestId('address')).toBeVisible();

  await page.goto('about:blank');
  await page.goto(link({ ...QUICK, steps: 1_000_000 }));
  await ready(page);
  await page.getByTestId('play').click();
  await expect(page.locator('html')).toHaveAttribute('data-run-state', 'running');
  await page.getByTestId('page-datasets').click();
  await expect(page.getByTestId('address')).toBeVisible();
  await page.goBack();
  await expect(page.getByTestId('pause')).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('data-run-state', 'running');
  await page.getByTestId('pause').click();
});

test('training reads a dataset of 100,000 rows from storage', async ({ page, host }) => {
  const site = await host({ rows: 100_000, width: 17, actions: 6, chunkBytes: 4 * 2 ** 20 });
  await openDatasets(page);
  await startFetch(page, site.address);
  await expectCard(page, '100,000');
  await page.reload();
  await expectCard(page, '100,000');
  const ms = await page.getByTestId('ready-ms').getAttribute('data-ms');
  expect(Number(ms)).toBeGreaterThan(0);
  test.info().annotations.push({ type: 'measured', description: `100,000 cached rows ready in ${ms} ms` });
  console.log(`100,000 cached rows of 17 and 6 numbers: ready in ${ms} ms`);
});

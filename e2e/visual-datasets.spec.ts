/** Pictures of the page of datasets, pixel by pixel, with a dataset that is the same everywhere. */
import { RandomStream } from '../src/math/streams.ts';
import { MemoryFolder, sourceOf, SYNTHETIC, syntheticTrajectories } from '../src/datasets/testing.ts';
import { writeShards } from '../src/datasets/shards/writer.ts';
import type { Trajectories } from '../src/datasets/transitions.ts';
import { expect, test } from './fixtures.ts';
import { atRest, ready } from './playground.ts';

const ADDRESS = 'https://data.example/two-ways/';
const ROWS = 3000;

/** States along a path, at each of which one of two actions is taken. */
function twoWays(): Trajectories {
  const data = syntheticTrajectories(ROWS, 5, 3);
  const coins = new Float32Array(ROWS);
  new RandomStream(4, 'e2e/two-ways').fillUniform(coins, 0);
  data.terminals = Uint8Array.from({ length: ROWS }, (_, row) => Number(row % 300 === 199));
  data.timeouts = Uint8Array.from({ length: ROWS }, (_, row) => Number(row % 300 === 299));
  coins.forEach((coin, row) => {
    const way = coin < 0.6 ? 1 : -1;
    data.actions[3 * row] = 0.25 * data.actions[3 * row]! + 0.6 * way;
    data.actions[3 * row + 1] = 0.25 * data.actions[3 * row + 1]! - 0.4 * way;
    data.rewards[row] = 1 + Math.sin((row % 300) / 60) + 0.3 * data.rewards[row]!;
  });
  return data;
}

test('pictures of a dataset card: light, dark, 390 pixels', async ({ page, context }) => {
  const folder = new MemoryFolder();
  const about = { ...SYNTHETIC, id: 'two-ways', notes: ['Drawn for a picture.'] };
  await writeShards(sourceOf(twoWays()), about, folder, { chunkBytes: 16_384 });
  await context.route(`${ADDRESS}**`, async (route) => {
    const bytes = folder.files.get(route.request().url().slice(ADDRESS.length));
    await route.fulfill({
      status: bytes ? 200 : 404,
      headers: { 'Access-Control-Allow-Origin': '*' },
      body: Buffer.from(bytes ?? []),
    });
  });
  await page.goto('./#page=datasets&test=1');
  await ready(page);
  await page.getByTestId('address').fill(ADDRESS);
  await page.getByTestId('fetch').click();
  await expect(page.getByTestId('near-text')).toBeVisible();
  await page.getByTestId('address').fill('');
  await page.getByTestId('episodes').getByRole('button').nth(2).click();
  await page.getByTestId('episode-curves').getByRole('slider').fill('120');
  await expect(page.getByTestId('near-text')).toContainText('Episode 2, step 120;');
  await expect(page.locator('.reward-chart path.recharts-line-curve')).toBeVisible();

  await atRest(page);
  await expect.soft(page).toHaveScreenshot('card.png', { fullPage: true });
  await page.getByTestId('theme').selectOption('dark');
  await atRest(page);
  await expect.soft(page).toHaveScreenshot('card-dark.png', { fullPage: true });
  await page.getByTestId('theme').selectOption('auto');
  await page.setViewportSize({ width: 390, height: 844 });
  await atRest(page);
  await expect.soft(page).toHaveScreenshot('card-390.png', { fullPage: true });
});

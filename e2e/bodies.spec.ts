/** The page of bodies, and the collection of data from them. */
import type { Page } from '@playwright/test';
import { WEBGL_ARGS } from '../scripts/chromium.mjs';
import { startEngine } from '../src/environments/engine.ts';
import { Environment } from '../src/environments/environment.ts';
import { playEpisode } from '../src/environments/rollouts/episode.ts';
import { createActor } from '../src/environments/rollouts/policy.ts';
import { expectNoBarriers } from './barriers.ts';
import { expect, test } from './fixtures.ts';
import { launch } from './launch.ts';
import { link, open, picture, QUICK, ready, type Fields } from './playground.ts';

test.use({ launchOptions: launch(WEBGL_ARGS) });

const readouts = (page: Page) => page.getByTestId('readouts');
const drawn = (page: Page, kind: '2d' | '3d') => page.locator(`.stage-picture[data-view="${kind}"]`);

/** Opens the page with a body at rest. */
async function openStill(page: Page, fields: Fields): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page, { page: 'bodies', stage: '2d', ...fields });
  await expect(readouts(page)).toHaveAttribute('data-step', '0');
}

/** The return of the first episode, as Node has it. */
async function returnInNode(seed: number): Promise<number> {
  const environment = new Environment(await startEngine(), 'hopper', { seed });
  try {
    return playEpisode(environment, createActor({ kind: 'uniform' }, 'hopper', seed), { episode: 0, policy: 0 }).return;
  } finally {
    environment.free();
  }
}

test('a body steps, replays the same numbers, runs to the return of Node, and gives way, by the keyboard alone', async ({
  page,
}) => {
  await openStill(page, { policy: 'random', 'body-seed': 4 });
  const canvas = page.locator('.stage-picture canvas');
  const still = await picture(canvas);
  const fiveSteps = async () => {
    for (let step = 1; step <= 5; step++) {
      await page.keyboard.press('s');
      await expect(readouts(page)).toHaveAttribute('data-step', String(step));
    }
    return readouts(page).getAttribute('data-return');
  };
  const first = await fiveSteps();
  expect(Number(first)).not.toBe(0);
  expect(await picture(canvas)).not.toBe(still);
  await page.keyboard.press('r');
  await expect(readouts(page)).toHaveAttribute('data-step', '0');
  expect(await fiveSteps()).toBe(first);

  await page.getByTestId('bodyAfterEnd-restart').focus();
  await page.keyboard.press('ArrowRight');
  await page.getByTestId('stage').locator('[role="application"]').focus();
  await page.keyboard.press('Space');
  await expect(page.getByTestId('pause')).toBeVisible();
  await expect(readouts(page)).toHaveAttribute('data-end', 'fall');
  expect(Number(await readouts(page).getAttribute('data-return'))).toBeCloseTo(await returnInNode(4), 6);
  await expect(page.getByTestId('live-region')).toContainText(/^Episode 0 fell after \d+ steps/);
  await page.keyboard.press('Space');
  await expect(page.getByTestId('play')).toBeVisible();

  await page.keyboard.press('r');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('s');
  await expect(page.getByTestId('stage-note')).toContainText('not the policy’s own');
  await expectNoBarriers(page, 'a body from the side');
  await page.setViewportSize({ width: 390, height: 844 });
  const past = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await expect.poll(past, 'at 390 pixels').toBeLessThanOrEqual(0);
});

test('it plays by itself, from the side where space is slow, in space if that is asked for, and as another body', async ({
  page,
}) => {
  await open(page, { page: 'bodies', theme: 'dark' });
  // This browser computes WebGL on the processor.
  await expect(drawn(page, '2d')).toBeVisible();
  await expect(page.getByTestId('pause')).toBeVisible();
  await expect.poll(async () => Number(await readouts(page).getAttribute('data-step'))).toBeGreaterThan(20);
  await page.getByTestId('pause').click();
  await page.getByTestId('bodyView-3d').click({ force: true });
  await expect(drawn(page, '3d')).toBeVisible();
  await page.getByTestId('body-halfcheetah').check({ force: true });
  await expect(readouts(page)).toHaveAttribute('data-step', '0');
  await page.getByTestId('step').click();
  await expect(readouts(page)).toHaveAttribute('data-step', '1');
  await expectNoBarriers(page, 'a body in space, dark', 'main');
  const worker = () => page.workers().filter((each) => each.url().includes('worker')).length;
  expect(worker()).toBe(1);
  await page.getByTestId('to-collect').click();
  await expect(page.getByTestId('collect-form')).toBeVisible();
  await expect.poll(worker).toBeLessThanOrEqual(1);
  await expect(page.getByTestId('collect-body')).toHaveValue('halfcheetah');
});

test('a dataset is collected here, opens, and plays on the stage', async ({ page }) => {
  await open(page, { page: 'datasets', stage: '2d' });
  await page.getByTestId('collect-body').selectOption('walker2d');
  await expect(page.getByTestId('collect-form')).toContainText('No trained policies of Walker2d come with this page');
  await expect(page.getByTestId('collect-behaviour').locator('option[value="expert"]')).toBeDisabled();
  await page.getByTestId('collect-body').selectOption('hopper');
  await page.getByTestId('collect-behaviour').selectOption('random');
  await page.getByTestId('collect-steps').fill('3000');
  await page.getByTestId('collect-steps').press('Enter');
  await page.getByTestId('collect').press('Enter');
  const card = page.getByTestId('card');
  await expect(card.getByTestId('facts')).toContainText('Rows3,000');
  await expect(card).toContainText('D4RL protocol, collected here: uniform random actions; seed 0, MuJoCo 3.14');
  await expect(page).toHaveURL(/dataset=collected-[0-9a-f]{24}/);
  await card.getByTestId('episodes').getByRole('button').first().click();
  await card.getByTestId('on-stage').click();
  await expect(drawn(page, '2d')).toBeVisible();
  await card.getByTestId('episode-play').click();
  const slider = page.getByTestId('episode-curves').getByRole('slider');
  await expect.poll(async () => Number(await slider.inputValue())).toBeGreaterThan(3);
  await expectNoBarriers(page, 'an episode on the stage', '[data-testid="episode-curves"]');
});

test('the bandit loads nothing of it; without MuJoCo the page says so; once used, it needs no network', async ({
  page,
  context,
  baseURL,
  complaints,
}) => {
  complaints.allow(/mujoco|Failed to load resource|fetch|wasm|falling back/i);
  const asked: string[] = [];
  context.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await open(page, QUICK);
  const scripts = [...new Set(asked.filter((path) => path.endsWith('.js')))];
  expect(scripts.length).toBeGreaterThan(2);
  for (const path of scripts) {
    const text = await (await page.request.get(path)).text();
    for (const mark of ['mj_versionString', 'WebGLRenderer', 'H5Fopen'])
      expect.soft(text.includes(mark), path).toBe(false);
  }
  expect(asked.filter((path) => /mujoco|space-view|hdf5/.test(path))).toEqual([]);
  const stored = await (await page.request.get('./sw.js')).text();
  expect(stored).toContain('assets/main-');
  expect(stored).not.toMatch(/assets\/(mujoco|space-view|hdf5_hl)-/);

  await context.route('**/mujoco-*.wasm', (route) => route.abort());
  await page.goto(link({ ...QUICK, page: 'bodies' }));
  await expect(page.getByTestId('body-trouble')).toContainText('The bodies do not run here.');
  await page.getByTestId('page-bandit').click();
  await expect(page.getByTestId('figure')).toBeVisible();
  await context.unroute('**/mujoco-*.wasm');

  // Under its plain name this machine gets no service worker (src/app/offline.ts); under another it does.
  const named = (baseURL ?? '').replace('127.0.0.1', 'playground.localhost');
  await page.goto(`${named}#page=bodies&stage=3d`);
  await ready(page);
  const cached = () =>
    page.evaluate(async () => {
      const all = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
      return all.flat().filter(({ url }) => /\/(mujoco|space-view)-/.test(url)).length;
    });
  await expect.poll(cached).toBe(3);
  await context.setOffline(true);
  await page.reload();
  await ready(page);
  await expect(drawn(page, '3d')).toBeVisible();
  await expect.poll(async () => Number(await readouts(page).getAttribute('data-step'))).toBeGreaterThan(0);
});

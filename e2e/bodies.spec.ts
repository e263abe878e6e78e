/** The page of bodies, and the collection of data from them. */
import { createHash } from 'node:crypto';
import type { Page } from '@playwright/test';
import { WEBGL_ARGS } from '../scripts/chromium.mjs';
import { frameAround, toScreen } from '../src/app/shared/stage/draw-side.ts';
import { startPhysicsEngine } from '../src/environments/engine.ts';
import { Environment } from '../src/environments/environment.ts';
import { playEpisode } from '../src/environments/rollouts/episode.ts';
import { createActor } from '../src/environments/rollouts/policy.ts';
import { expectNoBarriers } from './barriers.ts';
import { expect, test } from './fixtures.ts';
import { launch } from './launch.ts';
import { expectStepAbove, link, open, picture, QUICK, ready, settledPicture, type Fields } from './playground.ts';

test.use({ launchOptions: launch(WEBGL_ARGS) });

const readouts = (page: Page) => page.getByTestId('readouts');
const drawn = (page: Page, kind: '2d' | '3d') => page.locator(`.stage-picture[data-view="${kind}"]`);

/** Opens the page with a body at rest. */
async function openStill(page: Page, fields: Fields): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page, { page: 'bodies', stage: '2d', ...fields });
  await expect(readouts(page)).toHaveAttribute('data-step', '0');
}

/** The return of the first episode, computed in Node. */
async function returnInNode(seed: number): Promise<number> {
  const environment = new Environment(await startPhysicsEngine(), 'hopper', { seed });
  try {
    return playEpisode(environment, createActor({ kind: 'uniform' }, 'hopper', seed), { episode: 0, policy: 0 }).return;
  } finally {
    environment.free();
  }
}

test('by keyboard a body steps, replays the same numbers, reaches the return computed in Node, and can be pushed', async ({
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

/** Initial height of the hopper's torso, in metres. */
const TORSO = 1.25;
/** Steps taken to observe the effect of a drag. */
const PULLED_STEPS = 5;

/** Return and velocity after some steps, one by one. */
async function afterSteps(page: Page): Promise<{ return: string | null; velocity: number }> {
  for (let step = 1; step <= PULLED_STEPS; step++) {
    await page.keyboard.press('s');
    await expect(readouts(page)).toHaveAttribute('data-step', String(step));
  }
  return {
    return: await readouts(page).getAttribute('data-return'),
    velocity: Number.parseFloat((await page.getByTestId('body-velocity').innerText()).replace('−', '-')),
  };
}

test('a drag on the body pulls it until the release, and a drag next to it has no effect', async ({ page }) => {
  await openStill(page, { policy: 'zero' });
  const stage = page.locator('.stage-picture');
  const note = page.getByTestId('stage-note');
  const restart = async () => {
    await page.keyboard.press('r');
    await expect(readouts(page)).toHaveAttribute('data-step', '0');
  };
  const undisturbed = await afterSteps(page);
  await restart();
  const box = (await stage.boundingBox())!;
  const frame = frameAround(box, 0);
  const [left, top] = toScreen(frame, 0, TORSO);
  const [x, y, metre] = [box.x + left, box.y + top, frame.scale];

  await page.mouse.move(x + metre / 2, y);
  await page.mouse.down();
  await expect(stage).not.toHaveAttribute('data-holding');
  await page.mouse.move(x + metre, y);
  expect(await afterSteps(page)).toEqual(undisturbed);
  await page.mouse.up();
  await restart();

  for (const way of [1, -1]) {
    await page.mouse.move(x, y);
    await page.mouse.down();
    await expect(stage).toHaveAttribute('data-holding');
    await page.mouse.move(x + way * metre, y, { steps: 4 });
    const pulled = await afterSteps(page);
    expect(way * (pulled.velocity - undisturbed.velocity)).toBeGreaterThan(0.3);
    await expect(note).toContainText('not the policy’s own');
    await page.mouse.up();
    await expect(stage).not.toHaveAttribute('data-holding');
    await restart();
  }
  expect(await afterSteps(page)).toEqual(undisturbed);
  await expect(note).not.toContainText('not the policy’s own');
});

test('the 3D view turns by mouse, touch and keys, and a drag on the body pulls it', async ({ page }) => {
  // The 3D view is rendered on the CPU here, so a small picture is faster.
  await page.setViewportSize({ width: 320, height: 420 });
  await openStill(page, { policy: 'zero', stage: '3d', test: 1 });
  const stage = page.locator('.stage-picture[data-view="3d"]');
  const shown = async () => {
    await expect(stage).toHaveAttribute('data-still', '1');
    return createHash('sha256')
      .update(await stage.screenshot())
      .digest('hex');
  };
  // Focusing scrolls it into view.
  await stage.focus();
  const box = (await stage.boundingBox())!;
  const [x, y] = [box.x + 0.15 * box.width, box.y + 0.6 * box.height];
  const ways: Readonly<Record<string, () => Promise<void>>> = {
    mouse: async () => {
      await page.mouse.move(x, y);
      await page.mouse.down();
      await expect(stage).not.toHaveAttribute('data-holding');
      await page.mouse.move(x + 60, y, { steps: 3 });
      await page.mouse.up();
    },
    finger: async () => {
      const session = await page.context().newCDPSession(page);
      const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', by: number) =>
        session.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x: x + by, y }] });
      await touch('touchStart', 0);
      for (const by of [20, 40, 60]) await touch('touchMove', by);
      await touch('touchEnd', 60);
    },
    keys: () => page.keyboard.press('Shift+ArrowLeft'),
  };
  for (const [name, turn] of Object.entries(ways)) {
    const before = await shown();
    await turn();
    await expect.poll(shown, name).not.toBe(before);
  }
  await expect(readouts(page)).toHaveAttribute('data-step', '0');

  // The body is in the middle of the picture from every angle.
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await expect(stage).toHaveAttribute('data-holding');
  await page.mouse.move(box.x + box.width - 20, box.y + box.height / 2, { steps: 3 });
  await page.keyboard.press('s');
  await expect(page.getByTestId('stage-note')).toContainText('not the policy’s own');
  await page.mouse.up();
});

test('a slow 3D view switches to the side view with a notice', async ({ page }) => {
  // Simulates a GPU on which frames are slow.
  await page.addInitScript(() => {
    const UNMASKED_RENDERER_WEBGL = 0x9246;
    const contexts: { getParameter: (this: WebGL2RenderingContext, name: number) => unknown } =
      WebGL2RenderingContext.prototype;
    const { getParameter } = contexts;
    contexts.getParameter = function (name) {
      return name === UNMASKED_RENDERER_WEBGL ? 'A weak graphics card' : getParameter.call(this, name);
    };
    const soon = globalThis.requestAnimationFrame.bind(globalThis);
    globalThis.requestAnimationFrame = (callback) => Number(setTimeout(() => soon(callback), 60));
  });
  await page.setViewportSize({ width: 320, height: 420 });
  await open(page, { page: 'bodies', policy: 'expert-0' });
  await expect(drawn(page, '3d')).toBeVisible();
  await expect(drawn(page, '2d')).toBeVisible();
  await expect(page.getByTestId('slow-note')).toContainText('slow on this machine');
  const step = Number(await readouts(page).getAttribute('data-step'));
  await expect.poll(async () => Number(await readouts(page).getAttribute('data-step'))).not.toBe(step);
});

test('without WebAssembly the Bodies page says so, and the bandit still trains', async ({
  page,
  context,
  complaints,
}) => {
  complaints.allow(/wasm|webassembly/i);
  await context.route('**/assets/*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `delete globalThis.WebAssembly;${await response.text()}` });
  });
  await open(page, { ...QUICK, engine: 'auto', page: 'bodies' });
  await expect(page.getByTestId('body-error')).toContainText('which this browser lacks or has switched off');
  await page.getByTestId('page-bandit').click();
  await page.getByTestId('play').click();
  await expectStepAbove(page, 'diffusion-ql', 20);
  await expect(page.getByTestId('engine-name')).toContainText(/cpu|javascript/i);
});

test('the policy inspector follows the body step by step, with nearby data', async ({ page }) => {
  const inspector = page.getByTestId('policy-inspector');
  await openStill(page, { 'body-seed': 3, 'body-candidates': 1 });
  await expect(page.getByTestId('body-policy')).toHaveValue('hopper-diffusion-ql');
  await expect(inspector).toHaveAttribute('data-step', '0');
  await expect(page.getByTestId('policy-inspector-data')).toContainText('Hopper, medium-expert');
  await expect(inspector).toContainText('data, 100 nearest states');
  const canvas = page.getByTestId('denoising-0');
  const first = await settledPicture(canvas);
  await page.keyboard.press('s');
  await expect(inspector).toHaveAttribute('data-step', '1');
  // The action taken is the final one of the first denoising.
  const taken = () => canvas.evaluate((element) => element.getAttribute('aria-label'));
  await expect.poll(() => settledPicture(canvas)).not.toBe(first);
  const second = await taken();
  await page.keyboard.press('s');
  await expect(inspector).toHaveAttribute('data-step', '2');
  const value = /taken (\S+)$/.exec(second ?? '')?.[1];
  await expect(page.getByTestId('action-strip')).toHaveAttribute('aria-label', new RegExp(`now thigh ${value},`));

  await page.getByTestId('bodyCandidates-1').focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('denoising-taken')).toHaveText(/^Taken: number \d+ of 50, probability \d/);
  await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('denoising-taken')).toHaveText('Taken: number 1 of 50, probability 100.0\u202f%.');
  await expect(page).toHaveURL(/body-candidates=argmax/);
  await expectNoBarriers(page, 'the denoising', 'main');

  await page.getByLabel('Tables in place of plots').check();
  const table = inspector.getByRole('table', { name: /from the highest Q/ });
  await expect(table.getByRole('row').nth(1)).toContainText('1, taken');
  await expect(inspector.getByRole('table', { name: /Actions of the data/ })).toContainText('foot');
  await expectNoBarriers(page, 'the denoising as tables', 'main');
  await page.getByLabel('Tables in place of plots').uncheck();

  await page.getByTestId('body-policy').selectOption('hopper-diffusion-bc');
  await expect(inspector).toHaveAttribute('data-step', '0');
  await expect(page.getByTestId('bodyCandidates')).toHaveCount(0);
  await expect(page.getByTestId('denoising-choice')).toHaveCount(0);
  await page.getByTestId('body-policy').selectOption('expert-0');
  await expect(inspector).toHaveCount(0);
});

test('the Bodies page plays at once: from the side where 3D is slow, in 3D on request, and with another body', async ({
  page,
}) => {
  await open(page, { page: 'bodies', theme: 'dark' });
  // This browser renders WebGL on the CPU.
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
  await page.getByTestId('body-walker2d').check({ force: true });
  // Its expert is a network; those of the others are linear.
  await expect(page.getByTestId('body-policy').locator('option[value="expert-0"]')).toHaveText(
    /^Expert, seed 0 \(score \d+\)$/,
  );
  await page.getByTestId('body-policy').selectOption('expert-0');
  await expect(readouts(page)).toHaveAttribute('data-step', '0');
  await page.getByTestId('step').click();
  await expect(readouts(page)).toHaveAttribute('data-step', '1');
  await expectNoBarriers(page, 'a body in 3D, dark', 'main');
  // The physics engine was loaded, but not on the main thread.
  const own = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
  expect(own.some((name) => name.includes('space-view'))).toBe(true);
  expect(own.filter((name) => name.includes('mujoco'))).toEqual([]);
  const worker = () => page.workers().filter((each) => each.url().includes('worker')).length;
  expect(worker()).toBe(1);
  await page.getByTestId('to-collect').click();
  await expect(page.getByTestId('collect-form')).toBeVisible();
  await expect.poll(worker).toBeLessThanOrEqual(1);
  await expect(page.getByTestId('collect-body')).toHaveValue('walker2d');
});

test('a dataset collected in the browser opens and plays on the stage', async ({ page, context }) => {
  // A host with policies of only one body.
  await context.route('**/behaviour/index.json', (route) => route.fulfill({ json: { policies: ['hopper-0.json'] } }));
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

test('the Bodies page loads MuJoCo only when opened, says so if that fails, and works offline afterwards', async ({
  page,
  context,
  baseURL,
  complaints,
}) => {
  // Offline, only stored datasets can be shown with the policy's actions.
  complaints.allow(/mujoco|Failed to load resource|fetch|wasm|falling back|dataset\.json/i);
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
  await expect(page.getByTestId('body-error')).toContainText('The bodies do not run here.');
  await page.getByTestId('page-bandit').click();
  await expect(page.getByTestId('figure')).toBeVisible();
  await context.unroute('**/mujoco-*.wasm');

  // Under its plain name this machine gets no service worker (src/app/shared/offline.ts); under another it does.
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

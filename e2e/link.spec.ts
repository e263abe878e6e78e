/** Links with the experiment and the view; wrong ones are repaired with a notice. */
import { expect, test } from './fixtures.ts';
import { expectState, linkFields, open, QUICK, ready } from './playground.ts';

test('an invalid link opens with defaults and lists what was repaired', async ({ page }) => {
  await open(page, {
    ...QUICK,
    v: 0,
    seed: 'NaN',
    T: 1000,
    hidden: 'Infinity',
    batch: -4,
    decay: 'sometimes',
    methods: 'bc-mle,sorcery,diffusion-ql',
    painted: '1xxAAAA?',
    speed: 'fast',
    theme: 'mauve',
    secret: '<b>1</b>',
  });
  const notice = page.getByTestId('notice');
  await expect(notice.locator('p').first()).toHaveText(
    '11 fields of the link were wrong and have their default values:',
  );
  const lines = await notice.locator('li').allInnerTexts();
  for (const [name, words] of [
    ['secret', 'there is no such field; it is left out.'],
    ['seed', 'a whole number from 0 to 4294967295'],
    ['T', 'a whole number from 1 to 100'],
    ['hidden', 'a whole number from 8 to 512'],
    ['batch', 'a whole number from 1 to 1024'],
    ['decay', 'none or cosine'],
    ['methods', 'sorcery'],
    ['painted', "The painted points can't be read"],
    ['speed', 'a number from 1 to 10000, or full'],
    ['theme', 'one of auto, light and dark'],
    ['version', '1'],
  ] as const) {
    const line = lines.find((text) => text.startsWith(name));
    expect(line, `a line about ${name} in ${lines.join('\n')}`).toContain(words);
  }
  // The link's text is never parsed as markup.
  await expect(notice.locator('b')).toHaveCount(0);
  await expect(page.getByTestId('panel-diffusion-ql')).toBeVisible();
  await expect(page.getByTestId('seed')).toHaveValue('0');

  await page.getByTestId('step').click();
  await expectState(page, 'paused');
  await notice.getByTestId('dismiss').click();
  await expect(notice).toHaveCount(0);
});

test('the link contains experiment and view, and opens in the tab that it is pasted into', async ({ page }) => {
  await open(page, QUICK);
  await page.goto(
    `./#methods=bc-mle,bcq&hidden=16&seed=5&data=diamond&race=seconds&engine=wasm&plot=regret&hide=eta,time`,
  );
  await expect(page.getByTestId('panel-bcq')).toBeVisible();
  await ready(page);
  await expect(page.getByTestId('seed')).toHaveValue('5');
  await expect(page.getByTestId('placement-diamond')).toBeChecked();
  await expect(page.getByTestId('race-seconds')).toBeChecked();
  await expect(page.getByTestId('quantity')).toHaveValue('regret');
  await expect(page.getByTestId('eta')).toHaveCount(0);
  await expect(page.getByTestId('moment')).toHaveCount(0);
  await expect(page.getByTestId('notice')).toHaveCount(0);

  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByTestId('share').click();
  await page.getByTestId('copy-link').click();
  await expect(page.getByText('Copied.')).toBeVisible();
  const copied = new URL(await page.evaluate(() => navigator.clipboard.readText()));
  const fields = new URLSearchParams(copied.hash.slice(1));
  expect(Object.fromEntries(fields)).toEqual({
    methods: 'bc-mle,bcq',
    hidden: '16',
    seed: '5',
    data: 'diamond',
    race: 'seconds',
    engine: 'wasm',
    plot: 'regret',
    hide: 'eta,time',
  });

  // The help restores what a link hides.
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.getByRole('button', { name: 'Show everything' }).click();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('eta')).toBeVisible();
  await linkFields(page, (all) => !all.has('hide'));
});

test('the chosen theme is stored', async ({ page }) => {
  await open(page, QUICK);
  const root = page.locator('html');
  await expect(root).toHaveAttribute('data-theme', 'light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect(root).toHaveAttribute('data-theme', 'dark');
  await page.getByTestId('theme').selectOption('light');
  await expect(root).toHaveAttribute('data-theme', 'light');
  await linkFields(page, (fields) => fields.get('theme') === 'light');
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByTestId('theme').selectOption('dark');
  await expect.poll(ground).not.toBe(light);
  // A link that names no theme opens in the one chosen last.
  await open(page, QUICK);
  await expect(root).toHaveAttribute('data-theme', 'dark');
});

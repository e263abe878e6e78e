/** Accessibility: screen readers, keyboard, contrast and small screens. */
import { METHOD_IDS } from '../src/bandit/methods.ts';
import { expectNoBarriers } from './barriers.ts';
import { expect, test } from './fixtures.ts';
import { expectState, FOUR_MODES, open, playToTheEnd, QUICK } from './playground.ts';

for (const theme of ['light', 'dark'] as const) {
  test(`axe finds no serious accessibility violation in the ${theme} theme`, async ({ page }) => {
    await open(page, { ...QUICK, theme, foo: 1 });
    await expectNoBarriers(page, 'the first figure, with a notice');
    await playToTheEnd(page);
    await expect(page.locator('svg path.plot-line').first()).toBeAttached();
    await expectNoBarriers(page, 'a finished run');
    await page.getByTestId('settings').click();
    await expectNoBarriers(page, 'the settings', '.drawer');
    await page.getByTestId('settings').click();
    for (const menu of ['engine', 'share', 'export']) {
      await page.getByTestId(menu).click();
      await expectNoBarriers(page, `the menu ${menu}`, 'header');
      await page.keyboard.press('Escape');
    }
    await page.keyboard.press('0');
    await expect(page.getByTestId('alone-view-diffusion-ql').locator('.katex').first()).toBeVisible();
    await expectNoBarriers(page, 'one method');
    await page.keyboard.press('d');
    await expect(page.getByTestId('data-view')).toBeVisible();
    await expectNoBarriers(page, 'the data');
    await page.keyboard.press('?');
    await expect(page.getByTestId('help-dialog')).toBeVisible();
    await expectNoBarriers(page, 'the help', '[data-testid=help-dialog]');
  });
}

test('plots can be replaced by tables', async ({ page }) => {
  await open(page, QUICK);
  await page.getByTestId('share').click();
  await page.getByRole('checkbox', { name: 'Tables in place of plots' }).check();
  await page.keyboard.press('Escape');
  await playToTheEnd(page);
  await expect(page.getByTestId('figure').locator('canvas')).toHaveCount(0);
  const samples = page.getByRole('table', { name: 'Diffusion-QL: samples nearest to each mode' });
  await expect(samples.getByRole('row')).toHaveCount(5);
  const shares = await samples.locator('tbody tr td:nth-of-type(2)').allInnerTexts();
  const total = shares.reduce((sum, share) => sum + Number.parseFloat(share), 0);
  expect(Math.abs(total - 100)).toBeLessThan(0.5);
  await expect(page.getByRole('table', { name: 'BC-MLE: samples nearest to each mode' })).toBeVisible();
  await expect(page.getByRole('table', { name: 'Modes of the data' }).first()).toBeVisible();
  const q = page.getByRole('table', { name: /^Diffusion-QL: its Q over the square, highest at \(.+, .+\) with / });
  await expect(q.getByRole('row')).toHaveCount(6);
  await expect(q.getByRole('columnheader')).toHaveCount(6);
  await expect(q.getByRole('rowheader')).toHaveText(['0.8', '0.4', '0.0', '−0.4', '−0.8']);
  for (const cell of await q.getByRole('cell').allInnerTexts()) expect(cell).toMatch(/^−?\d+(\.\d+)?$/);
  const curves = page.getByTestId('curves').getByRole('table');
  await expect(curves.getByRole('row')).toHaveCount(3);
  await expect(curves).toContainText('40');
});

test('plots have names that say what they show, and the state of the run is announced', async ({ page }) => {
  await open(page, { ...QUICK, modes: FOUR_MODES, steps: 1_000_000 });
  const region = page.getByTestId('live-region');
  await expect(region).toHaveAttribute('aria-live', 'polite');
  await expect(region).toHaveText('Ready at step 0.');
  await page.getByTestId('play').click();
  await expect(region).toHaveText('Training.');
  await page.getByTestId('pause').click();
  await expectState(page, 'paused');
  await expect(region).toHaveText('Paused.');
  const panel = page.getByTestId('panel-diffusion-ql');
  await expect(panel.getByRole('img', { name: /^Diffusion-QL at step [\d,]+: \d+\.\d\s% of samples/ })).toBeVisible();
  await expect(panel.getByRole('img', { name: /shares of samples nearest to each mode: A .*\(data 25/ })).toBeVisible();
  await expect(panel.getByRole('img', { name: /^Diffusion-QL: its Q over the square, from/ })).toBeVisible();
  await page.getByTestId('budget').fill('1');
  await page.getByTestId('budget').press('Enter');
  await page.getByTestId('play').click();
  await expect(region).toHaveText('The run is finished.');
});

test('closing a dialog or a menu returns the focus to the control that opened it', async ({ page }) => {
  await open(page, QUICK);
  async function goAndReturn(opener: string, inside: string): Promise<void> {
    await page.getByTestId(opener).focus();
    await page.keyboard.press('Enter');
    await expect(page.getByTestId(inside)).toBeVisible();
    await expect(page.getByTestId(inside).locator(':focus')).toHaveCount(1);
    await page.keyboard.press('Escape');
    await expect(page.getByTestId(inside)).toHaveCount(0);
    await expect(page.getByTestId(opener)).toBeFocused();
  }
  await goAndReturn('help', 'help-dialog');
  await goAndReturn('about-diffusion-ql', 'about-dialog');
  await goAndReturn('settings', 'settings-drawer');
  await goAndReturn('alone-diffusion-ql', 'alone-view-diffusion-ql');
  await goAndReturn('edit-data-cloning', 'data-view');
  await page.getByTestId('play').focus();
  await page.keyboard.press('0');
  await expect(page.getByRole('heading', { level: 2, name: 'Diffusion-QL' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('play')).toBeFocused();
  await page.getByTestId('export').click();
  await page.getByTestId('import-weights').click();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('export')).toBeFocused();
  await page.getByTestId('toggle-bc-mle').press('Enter');
  await expect(page.getByRole('button', { name: 'Switch BC-MLE on' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Switch BC-MLE off' })).toBeFocused();
});

test('every control reached by Tab is visible and has a focus ring', async ({ page }) => {
  for (const size of [
    { width: 1280, height: 800 },
    { width: 390, height: 844 },
  ]) {
    await page.setViewportSize(size);
    await open(page, { ...QUICK, show: 'all' });
    for (const key of ['Tab', 'Shift+Tab']) {
      for (let press = 0; press < 60; press++) {
        await page.keyboard.press(key);
        const fault = await page.evaluate(() => {
          const element = document.activeElement;
          if (!element || element === document.body) return null;
          const { left, top, width, height } = element.getBoundingClientRect();
          const hit = document.elementFromPoint(left + width / 2, top + height / 2);
          const inSight = hit !== null && (element.contains(hit) || hit.contains(element));
          const marked = [element, element.closest('label')].some(
            (part) => part !== null && getComputedStyle(part).outlineStyle !== 'none',
          );
          return inSight && marked ? null : `${element.outerHTML.slice(0, 160)}: ${inSight ? 'unmarked' : 'hidden'}`;
        });
        expect.soft(fault, `${key} at ${size.width} pixels`).toBeNull();
      }
    }
  }
});

test('every control has a sentence that describes it', async ({ page }) => {
  await open(page, QUICK);
  await page.getByTestId('settings').click();
  const bare = await page.evaluate(() =>
    [...document.querySelectorAll('button, input, select')]
      .filter((control) => control.checkVisibility() && !control.closest('dialog'))
      .filter((control) => {
        const ids = (control.getAttribute('aria-describedby') ?? '').split(' ');
        const described = ids.some((id) => document.getElementById(id)?.textContent);
        return !described && !control.closest('[title]') && !control.closest('[aria-describedby]');
      })
      .map((control) => control.outerHTML.slice(0, 120)),
  );
  expect(bare.filter((control) => !/aria-label="(Close|Dismiss)|class="(link|skip-link|plot-)/.test(control))).toEqual(
    [],
  );
});

test('the bandit page is not cut off at a width of 390 pixels', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, QUICK);
  async function expectNoScroll(where: string): Promise<void> {
    const { width, wide } = await page.evaluate(() => ({
      width: document.documentElement.clientWidth,
      wide: document.documentElement.scrollWidth,
    }));
    expect.soft(wide, where).toBeLessThanOrEqual(width);
  }
  await expectNoScroll('the figure');
  await playToTheEnd(page);
  await expectNoScroll('a finished run');
  for (const menu of ['engine', 'share', 'export']) {
    await page.getByTestId(menu).click();
    await expectNoScroll(`the menu ${menu}`);
    const panel = (await page.locator('.menu-panel').boundingBox())!;
    expect.soft(panel.x, menu).toBeGreaterThanOrEqual(0);
    expect.soft(panel.x + panel.width, menu).toBeLessThanOrEqual(390);
    await page.keyboard.press('Escape');
  }
  await page.getByTestId('settings').click();
  await expectNoScroll('the settings');
  await page.getByRole('button', { name: 'Close the settings' }).click();
  await page.keyboard.press('0');
  await expect(page.getByTestId('alone-view-diffusion-ql')).toBeVisible();
  await expectNoScroll('one method');
  await page.keyboard.press('d');
  await expect(page.getByTestId('data-view')).toBeVisible();
  await expectNoScroll('the data');
  await page.keyboard.press('?');
  await expect(page.getByTestId('help-dialog')).toBeVisible();
  await expectNoScroll('the help');
  // The close button stays visible while scrolling.
  await page.getByTestId('help-dialog').evaluate((dialog) => dialog.scrollTo(0, 600));
  await expect(page.getByRole('button', { name: 'Close', exact: true })).toBeInViewport();
});

test('formulas, bounds and notices fit a width of 390 pixels', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, { ...QUICK, methods: METHOD_IDS.join(','), foo: 1 });
  const notice = (await page.getByTestId('notice').boundingBox())!;
  const dismiss = (await page.getByTestId('notice').getByTestId('dismiss').boundingBox())!;
  expect(dismiss.y - notice.y).toBeLessThan(20);
  expect(notice.x + notice.width - dismiss.x).toBeLessThan(60);
  for (const method of METHOD_IDS) {
    await page.getByTestId(`about-${method}`).click();
    const loss = page.getByTestId('about-dialog').locator('.method-loss');
    await expect(loss.locator('.formula-source')).toHaveCount(0);
    const cut = await loss.evaluate((element) => element.scrollWidth - element.clientWidth);
    expect.soft(cut, method).toBeLessThanOrEqual(0);
    await page.keyboard.press('Escape');
  }
  await page.getByTestId('settings').click();
  const eta = page.getByTestId('setting-eta');
  await eta.getByRole('spinbutton').fill('77');
  await eta.getByRole('spinbutton').press('Enter');
  const bounds = (await eta.getByRole('status').boundingBox())!;
  const help = (await eta.locator('.setting-help').boundingBox())!;
  expect(bounds.y + bounds.height).toBeLessThanOrEqual(help.y);
});

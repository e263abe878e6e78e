/** For those who do not see the plots, who have no pointer, who have a small screen. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { expectState, FOUR_MODES, open, playToTheEnd, QUICK } from './playground.ts';

async function expectNoViolations(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map(({ target }) => target.join(' ')).join('\n  ')}`);
  expect.soft(grave, where).toEqual([]);
}

for (const theme of ['light', 'dark'] as const) {
  test(`no barrier that a checker finds, ${theme}`, async ({ page }) => {
    await open(page, { ...QUICK, theme, foo: 1 });
    await expectNoViolations(page, 'the first figure, with a notice');
    await playToTheEnd(page);
    await expect(page.locator('svg path.recharts-line-curve').first()).toBeAttached();
    await expectNoViolations(page, 'a finished run');
    await page.getByTestId('settings').click();
    await expectNoViolations(page, 'the settings');
    await page.getByTestId('settings').click();
    for (const menu of ['engine', 'share', 'export']) {
      await page.getByTestId(menu).click();
      await expectNoViolations(page, `the menu ${menu}`);
      await page.keyboard.press('Escape');
    }
    await page.keyboard.press('0');
    await expect(page.getByTestId('alone-view-diffusion-ql').locator('.katex').first()).toBeVisible();
    await expectNoViolations(page, 'one method');
    await page.keyboard.press('d');
    await expect(page.getByTestId('data-view')).toBeVisible();
    await expectNoViolations(page, 'the data');
    await page.keyboard.press('?');
    await expect(page.getByTestId('help-dialog')).toBeVisible();
    await expectNoViolations(page, 'the help');
  });
}

test('tables stand in place of plots', async ({ page }) => {
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

test('nothing is cut off at 390 pixels', async ({ page }) => {
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
});

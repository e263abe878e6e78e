/** Other seeds of a method that is open alone: from the link to the band, the table and the command. */
import { expect, test } from './fixtures.ts';
import { csvRows, exported, expectState, FOUR_MODES, linkFields, open, playToTheEnd, QUICK } from './playground.ts';

/** Measures, and what Diffusion-QL reports of its steps. */
const CHARTS = 12;

// A chart that is not on the screen takes its time.
test.use({ viewport: { width: 1280, height: 1700 } });

test('a link with seeds trains them after its finished run, and draws all as one band', async ({ page }) => {
  await open(page, { ...QUICK, methods: 'diffusion-ql', show: 'diffusion-ql', modes: FOUR_MODES, seed: 3, seeds: 3 });
  const state = page.getByTestId('seeds-state');
  await expect(state).toContainText('Press Play: seeds 4 and 5 follow');
  await playToTheEnd(page);
  const shown = await page.locator('.solo-side').innerText();

  const means = page.getByTestId('seeds-means');
  await expect(means).toContainText('Mean of seeds 3 to 5 at step 40, with its 95 % interval');
  for (const figure of ['inMode', 'meanReward', 'mmd2']) {
    await expect(page.getByTestId(`seeds-${figure}`)).toHaveText(/^[−\d.]+.* \([−\d.]+.* to [−\d.]+.*\)$/);
  }
  await expect(state).toHaveText('Trained: seeds 4 and 5.');
  for (const part of ['line', 'band', 'mean']) {
    const paths = page.locator(`.solo-charts path.plot-${part}`);
    await expect(paths).toHaveCount(CHARTS);
    await expect(paths.first()).toHaveAttribute('d', /^M[\d.]+/);
  }
  expect(await page.locator('.solo-side').innerText()).toBe(shown);

  const rows = csvRows(await exported(page, 'export-csv'));
  expect(rows.filter(({ step }) => step === '40').map(({ seed }) => seed)).toEqual(['3', '4', '5']);
  await page.getByTestId('export-command').click();
  await expect(page.getByTestId('export-said')).toContainText('--steps 40 --seeds 3..5');
  await page.keyboard.press('Escape');

  await page.getByTestId('seeds-3').focus();
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByTestId('seeds-1')).toBeChecked();
  await expect(means).toHaveCount(0);
  await expect(page.locator('path.plot-band')).toHaveCount(0);
  await linkFields(page, (fields) => !fields.has('seeds'));
  await expectState(page, 'finished');
});

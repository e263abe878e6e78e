/** The data, changed by hand, and the link that carries them. */
import { expect, test } from './fixtures.ts';
import { expectState, FOUR_MODES, linkFields, open, QUICK, ready } from './playground.ts';

test('modes are added, moved and removed with the keyboard, and the link restores them', async ({ page }) => {
  await open(page, { ...QUICK, show: 'data' });
  const handles = page.locator('.plot-handle');
  await expect(handles).toHaveCount(4);
  await expect(handles.first()).toHaveAccessibleName('Mode A at (−0.80, 0.80), σ 0.05, reward 3.0');

  await page.keyboard.press('n');
  await expect(handles).toHaveCount(5);
  await handles.nth(4).focus();
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowUp');
  await page.keyboard.press('+');
  await expect(handles.nth(4)).toHaveAccessibleName('Mode E at (0.06, 0.10), σ 0.06, reward 1.0');
  await handles.nth(1).focus();
  await page.keyboard.press('Delete');
  await expect(handles).toHaveCount(4);
  await expect(handles.nth(3)).toHaveAccessibleName('Mode D at (0.06, 0.10), σ 0.06, reward 1.0');

  await page.getByTestId('mode-0-reward').fill('-2.5');
  await page.getByTestId('mode-0-reward').press('Enter');
  const modes = '-0.8,0.8,0.05,-2.5;0.8,0.8,0.05,1.5;0.8,-0.8,0.05,5;0.06,0.1,0.06,1';
  await linkFields(page, (fields) => fields.get('modes') === modes);
  await expect(page.getByTestId('placement-custom')).toBeChecked();

  await page.reload();
  await ready(page);
  await expect(handles).toHaveCount(4);
  await expect(handles.first()).toHaveAccessibleName('Mode A at (−0.80, 0.80), σ 0.05, reward −2.5');
  await expect(handles.nth(3)).toHaveAccessibleName('Mode D at (0.06, 0.10), σ 0.06, reward 1.0');
  await expect(page.getByTestId('notice')).toHaveCount(0);
  // There are no shipped weights for custom data.
  await expectState(page, 'ready');
});

test('shipped weights are fetched only for the default data', async ({ page }) => {
  const fetched: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('/pretrained/') && !request.serviceWorker()) fetched.push(request.url());
  });
  await open(page, QUICK);
  await expectState(page, 'showing-pretrained');
  expect(fetched).toHaveLength(2);
  fetched.length = 0;
  await open(page, { ...QUICK, modes: FOUR_MODES });
  await expectState(page, 'ready');
  await open(page, { ...QUICK, data: 'diamond' });
  await expectState(page, 'ready');
  expect(fetched).toEqual([]);
});

test('dragging a mode moves its data', async ({ page }) => {
  await open(page, { ...QUICK, modes: FOUR_MODES });
  const field = page.getByTestId('panel-data-cloning');
  const handle = field.locator('.plot-handle').first();
  await handle.scrollIntoViewIfNeeded();
  const from = (await handle.boundingBox())!;
  const box = (await field.locator('canvas').boundingBox())!;
  const [x, y] = [from.x + from.width / 2, from.y + from.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x, y + box.height / 10, { steps: 4 });
  await page.mouse.up();
  // The view reaches from −1.25 to 1.25: a tenth of it is 0.25.
  const fields = await linkFields(page, (all) => all.get('modes') !== FOUR_MODES);
  const [mode] = fields.get('modes')!.split(';');
  const [movedX, movedY] = mode!.split(',').map(Number);
  expect(movedX).toBeCloseTo(-0.5, 1);
  expect(Math.abs(movedY! - 0.25)).toBeLessThan(0.03);
  expect(fields.get('modes')!.split(';').slice(1)).toEqual(FOUR_MODES.split(';').slice(1));
});

test('there is at least one mode and at most twelve', async ({ page }) => {
  await open(page, { ...QUICK, show: 'data', modes: '0,0,0.1,1' });
  const handles = page.locator('.plot-handle');
  await handles.first().focus();
  await page.keyboard.press('Delete');
  await expect(handles).toHaveCount(1);
  for (let count = 2; count <= 12; count++) {
    await page.getByTestId('add-mode').click();
    await expect(handles).toHaveCount(count);
  }
  await expect(page.getByTestId('add-mode')).toBeDisabled();
  await page.keyboard.press('n');
  await expect(handles).toHaveCount(12);
  // A number out of its bounds is clamped.
  await page.getByTestId('mode-0-sigma').fill('9');
  await page.getByTestId('mode-0-sigma').press('Enter');
  await expect(page.getByTestId('mode-0-sigma')).toHaveValue('0.5');
});

test('painted points are stored in the link, and can be erased', async ({ page }) => {
  await open(page, { ...QUICK, show: 'data', modes: FOUR_MODES });
  await page.getByTestId('move-paint').check();
  await page.getByTestId('brush-reward').fill('4');
  await page.getByTestId('brush-reward').press('Enter');
  const layer = page.getByRole('button', { name: /^Brush at/ });
  const box = (await layer.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height / 2, { steps: 5 });
  await page.mouse.up();
  // With the keyboard too.
  await layer.focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Space');

  const words = page.locator('.data-painted');
  await expect(words).toContainText(/^\d+ of at most 2,000 painted points/);
  const count = Number.parseInt(await words.innerText(), 10);
  const holdsAll = (fields: URLSearchParams) => fields.get('painted')?.length === 3 + 6 * count;
  const painted = (await linkFields(page, holdsAll)).get('painted')!;

  await page.reload();
  await ready(page);
  await expect(words).toContainText(`${count} of at most 2,000 painted points`);
  expect((await linkFields(page, holdsAll)).get('painted')).toBe(painted);
  await expect(page.getByTestId('notice')).toHaveCount(0);

  await page.getByTestId('move-erase').check();
  const eraser = page.getByRole('button', { name: /^Eraser at/ });
  await eraser.hover({ position: { x: box.width / 2, y: box.height / 2 } });
  await page.mouse.down();
  await page.mouse.up();
  await expect.poll(async () => Number.parseInt(await words.innerText(), 10)).toBeLessThan(count);
  await page.getByRole('button', { name: 'Clear the paint' }).click();
  await expect(words).toHaveCount(0);
  await linkFields(page, (fields) => !fields.has('painted'));
});

/** Plots at several sizes, checked pixel by pixel. */
import { expect, test } from './fixtures.ts';
import { open, playToTheEnd, QUICK } from './playground.ts';

test('every plot has a frame on all four sides at any width', async ({ page }) => {
  await open(page, QUICK);
  for (const width of [1280, 1217, 1003, 390]) {
    await page.setViewportSize({ width, height: 844 });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const unframed = await page.locator('canvas.plot-field').evaluateAll((fields) =>
      fields.flatMap((field, index) => {
        const canvas = field as HTMLCanvasElement;
        const { width: across, height: down } = canvas;
        const context = canvas.getContext('2d')!;
        const pixel = (x: number, y: number) => context.getImageData(x, y, 1, 1).data.join();
        // Beside the labels of the axes. The last row or column may lie past the square.
        const [x, y] = [Math.round(across * 0.3), Math.round(down * 0.3)];
        const line = pixel(x, 0);
        const ends = [
          [pixel(0, y)],
          [pixel(across - 1, y), pixel(across - 2, y)],
          [pixel(x, down - 1), pixel(x, down - 2)],
        ];
        const inside = pixel(x, 3);
        const framed = line !== inside && ends.every((colours) => colours.includes(line));
        return framed ? [] : [`field ${index}, ${across} × ${down}`];
      }),
    );
    expect.soft(unframed, `${width} pixels`).toEqual([]);
  }
});

test('a mode’s handle does not cover the data', async ({ page }) => {
  for (const show of ['all', 'data']) {
    await open(page, { ...QUICK, show });
    const handles = page.locator('.plot-handle');
    await expect(handles).toHaveCount(4);
    for (const handle of await handles.all()) {
      await expect(handle).toHaveCSS('background-color', 'rgba(0, 0, 0, 0)');
      await expect(handle).toHaveText('');
    }
  }
});

test('the labels of a scrubber do not overlap at any width', async ({ page }) => {
  await open(page, QUICK);
  const scrubbers = page.locator('.plot-scrubber');
  await expect(scrubbers).toHaveCount(2);
  for (const width of [300, 240, 190, 150]) {
    for (const scrubber of await scrubbers.all()) {
      await scrubber.evaluate((element, pixels) => {
        element.style.flex = 'none';
        element.style.width = `${pixels}px`;
      }, width);
      const name = (await scrubber.locator('.plot-scrubber-label').boundingBox())!;
      const value = (await scrubber.locator('.plot-scrubber-value').boundingBox())!;
      expect.soft(name.x + name.width, `${width} pixels`).toBeLessThanOrEqual(value.x);
      const box = (await scrubber.boundingBox())!;
      expect.soft(value.x + value.width, `${width} pixels`).toBeLessThanOrEqual(box.x + box.width + 1);
    }
  }
});

test('the chart is created hidden before Play, so that it does not delay a run’s first frames', async ({ page }) => {
  await open(page, QUICK);
  const curves = page.getByTestId('curves');
  await expect(curves.locator('.recharts-cartesian-axis')).toHaveCount(2);
  const chart = curves.locator('svg.recharts-surface');
  await expect(chart).toBeHidden();
  await expect(curves.getByText('Curves appear here')).toBeVisible();
  await expect(curves.getByRole('group')).toHaveCount(0);
  await chart.evaluate((svg) => Object.assign(globalThis, { chartBeforePlay: svg }));
  await playToTheEnd(page);
  await expect(chart).toBeVisible();
  await expect(curves.getByText('Curves appear here')).toHaveCount(0);
  await expect(curves.getByRole('group')).toHaveCount(1);
  // The same chart: it was not put up anew.
  expect(await chart.evaluate((svg) => Reflect.get(globalThis, 'chartBeforePlay') === svg)).toBe(true);
});

/** Exports and imports of the bandit page. */
import { encodeSafetensors } from '../src/experiment/safetensors.ts';
import { expect, test } from './fixtures.ts';
import {
  csvRows,
  exported,
  expectState,
  expectStep,
  open,
  playToTheEnd,
  QUICK,
  readouts,
  weightsOf,
} from './playground.ts';

test('metrics are exported as a table, the figure as a picture, the run as a command', async ({ page }) => {
  await open(page, QUICK);
  await playToTheEnd(page);
  const rows = csvRows(await exported(page, 'export-csv'));
  for (const method of ['bc-mle', 'diffusion-ql']) {
    const own = rows.filter((row) => row['method'] === method);
    expect(own.at(-1)!['step']).toBe('40');
    for (const row of own) {
      for (const [name, value] of Object.entries(row)) {
        if (name !== 'method' && value !== '') expect(Number.isFinite(Number(value)), `${name}: ${value}`).toBe(true);
      }
      for (const name of ['inMode', 'mmd2', 'mmd2Low', 'mmd2High', 'meanReward', 'regret'])
        expect(row[name]).not.toBe('');
    }
    // The table and the panel say the same.
    const shown = await page.getByTestId(`metric-${method}-in-mode`).innerText();
    expect(`${(100 * Number(own.at(-1)!['inMode'])).toFixed(1)} %`).toBe(shown.replace(/\s/u, ' '));
  }
  // A method without a critic has empty cells there.
  expect(rows.find((row) => row['method'] === 'diffusion-ql' && row['step'] === '40')!['criticLoss']).not.toBe('');
  expect(rows.find((row) => row['method'] === 'bc-mle' && row['step'] === '40')!['criticLoss']).toBe('');

  const png = await exported(page, 'export-png');
  expect(png.subarray(1, 4).toString('latin1')).toBe('PNG');
  expect(png.readUInt32BE(16), 'its width').toBeGreaterThan(500);
  await expect(page.getByTestId('export-said')).toHaveText('Saved the figure.');

  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByTestId('export-command').click();
  await expect(page.getByTestId('export-said')).toContainText('Copied: npm run --silent lab -- bandit');
  const command = await page.evaluate(() => navigator.clipboard.readText());
  for (const part of ['--method diffusion-ql', '--preset fast', '--steps 40', '--seed 0', '--hidden 16', '--T 4']) {
    expect(command).toContain(part);
  }
});

test('exported weights can be imported, and a damaged file is refused with the reason', async ({ page }) => {
  await open(page, QUICK);
  await playToTheEnd(page);
  const trained = await readouts(page, 'diffusion-ql');
  const file = await exported(page, 'export-weights');
  const { tensors, metadata } = weightsOf(file);
  expect(metadata['method']).toBe('diffusion-ql');
  expect(metadata['step']).toBe('40');
  const names = Object.keys(tensors);
  for (const role of ['actor.', 'critic.']) expect(names.some((name) => name.startsWith(role))).toBe(true);
  const name = names.find((tensor) => tensors[tensor]!.shape.length === 2)!;
  const { shape, data } = tensors[name]!;

  await page.keyboard.press('Escape');
  await page.getByTestId('reset').click();
  await expectState(page, 'ready');
  await expectStep(page, 'diffusion-ql', 0);
  expect(await readouts(page, 'diffusion-ql')).not.toEqual(trained);

  await page.getByTestId('export').click();
  await page.getByTestId('import-weights').click();
  const outcome = page.getByTestId('import-outcome');
  async function take(bytes: Uint8Array): Promise<void> {
    await page
      .getByTestId('import-file')
      .setInputFiles({ name: 'given.safetensors', mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) });
    await expect(outcome).toHaveCount(0);
    await page.getByTestId('import-method').selectOption('diffusion-ql');
    await page.getByTestId('import-go').click();
  }

  await take(file.subarray(0, file.length - 10));
  await expect(outcome).toHaveText(
    /tensor "(actor|critic|ema)[^"]*" ends at byte \d+ of the data, .*is the file cut\?/,
  );
  await take(file.subarray(0, 100));
  await expect(outcome).toHaveText(/announce a header of \d+ bytes; 92 follow them \(is the file cut\?\)/);
  await take(encodeSafetensors({ ...tensors, [name]: { shape: [shape[1]!, shape[0]!], data } }, metadata));
  await expect(outcome).toHaveText(
    `Tensor "${name}" has shape [${shape[1]}, ${shape[0]}]; this network needs [${shape[0]}, ${shape[1]}].`,
  );
  const { [name]: _left, ...rest } = tensors;
  await take(encodeSafetensors(rest, metadata));
  await expect(outcome).toHaveText(`Tensor "${name}" is missing; expected shape [${shape[0]}, ${shape[1]}].`);
  await take(encodeSafetensors(tensors, { ...metadata, method: 'bcq' }));
  await expect(outcome).toHaveText('These are weights of BCQ, not of Diffusion-QL.');
  await take(
    encodeSafetensors({ ...tensors, [name]: { shape, data: new Float32Array(data.length).fill(NaN) } }, metadata),
  );
  await expect(outcome).toContainText(`Tensor "${name}" has a value that is not finite`);
  // None of this has changed the method.
  await expectStep(page, 'diffusion-ql', 0);

  await take(file);
  await expect(outcome).toHaveText('Diffusion-QL has the weights of given.safetensors.');
  await page.keyboard.press('Escape');
  await expectStep(page, 'diffusion-ql', 40);
  expect(await readouts(page, 'diffusion-ql')).toEqual(trained);
});

test('a file dropped on the page opens the import dialog', async ({ page }) => {
  await open(page, QUICK);
  await page.evaluate(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(4)], 'dropped.safetensors'));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  });
  await expect(page.getByTestId('import-dialog')).toContainText('dropped.safetensors');
  await page.getByTestId('import-go').click();
  await expect(page.getByTestId('import-outcome')).toContainText('it has 4 bytes');
});

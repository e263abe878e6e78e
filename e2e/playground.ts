/** Helpers of the page's tests: open a link, wait for a state of the run, read a number. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Download, Locator, Page } from '@playwright/test';
import { decodeSafetensors, type SafetensorsInput } from '../src/experiment/safetensors.ts';
import { expect } from './fixtures.ts';

export type Fields = Readonly<Record<string, string | number>>;

/** Tiny networks, with which a step takes almost no time. */
export const QUICK: Fields = {
  methods: 'bc-mle,diffusion-ql',
  hidden: 16,
  batch: 16,
  T: 4,
  steps: 40,
  engine: 'wasm',
};

/** Custom data without shipped weights, so that the page starts at step 0. */
export const FOUR_MODES = '-0.5,0.5,0.1,1;0.5,0.5,0.1,2;-0.5,-0.5,0.1,3;0.5,-0.5,0.1,4';

export function link(fields: Fields): string {
  return `./#${new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, String(value)]))}`;
}

/** Waits until the page reports that the first figure is painted. */
export async function ready(page: Page): Promise<void> {
  await expect(page.locator('html[data-ready]')).toBeAttached({ timeout: 90_000 });
}

/** Opens a link in a fresh page, even if the page is already open. */
export async function open(page: Page, fields: Fields): Promise<void> {
  await page.goto('about:blank');
  await page.goto(link(fields));
  await ready(page);
}

export async function expectState(page: Page, state: string): Promise<void> {
  await expect(page.locator('html')).toHaveAttribute('data-run-state', state, { timeout: 90_000 });
}

/** A whole number as the page writes it; NaN where it writes none. */
async function count(locator: Locator): Promise<number> {
  return Number.parseInt((await locator.innerText()).replaceAll(',', ''), 10);
}

/** The step on a method's panel. */
export function stepOf(page: Page, method: string): Promise<number> {
  return count(page.getByTestId(`steps-${method}`));
}

export async function expectStep(page: Page, method: string, step: number): Promise<void> {
  await expect.poll(() => stepOf(page, method), { timeout: 90_000 }).toBe(step);
}

export async function expectStepAbove(page: Page, method: string, step: number): Promise<void> {
  await expect.poll(() => stepOf(page, method), { timeout: 90_000 }).toBeGreaterThan(step);
}

/** Trains up to the budget. */
export async function playToTheEnd(page: Page): Promise<void> {
  await page.getByTestId('play').click();
  await expectState(page, 'finished');
}

/** The fields of the address, once they meet a condition: the page writes them a moment after a change. */
export async function linkFields(
  page: Page,
  condition: (fields: URLSearchParams) => boolean,
): Promise<URLSearchParams> {
  const read = () => new URLSearchParams(new URL(page.url()).hash.slice(1));
  await expect.poll(() => condition(read()), { message: `the fields of ${page.url()}` }).toBe(true);
  return read();
}

/** Every number on a method's panel as text, except the rate, which depends on time. */
export async function readouts(page: Page, method: string): Promise<string[]> {
  const panel = page.getByTestId(`panel-${method}`);
  const values = await panel.locator('[data-testid^="metric-"]').allInnerTexts();
  return [...values, await panel.getByTestId(`steps-${method}`).innerText()];
}

/** A hash of a canvas' content, to detect changes. */
export async function picture(canvas: Locator): Promise<string> {
  const pixels = await canvas.evaluate((element) => (element as HTMLCanvasElement).toDataURL());
  return createHash('sha256').update(pixels).digest('hex');
}

/** Nothing has the focus or the pointer, fonts are there, and two frames have passed: a picture may be taken. */
export async function atRest(page: Page): Promise<void> {
  await page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    scrollTo(0, 0);
  });
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.fonts.ready.then(() => true));
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** The picture once it stays: a run is finished a moment before its last frame is drawn. */
export async function settledPicture(canvas: Locator): Promise<string> {
  let last = '';
  const stays = async () => {
    const before = last;
    last = await picture(canvas);
    return last === before;
  };
  await expect.poll(stays, { intervals: [300] }).toBe(true);
  return last;
}

export async function bytesOf(download: Promise<Download>): Promise<Buffer> {
  return readFile(await (await download).path());
}

export interface Weights {
  tensors: Record<string, SafetensorsInput>;
  metadata: Record<string, string>;
}

/** Weights of a method as the page exports them. */
export function weightsOf(file: Buffer): Weights {
  const { tensors, metadata } = decodeSafetensors(file);
  const given = Object.entries(tensors).map(([name, { shape, data }]) => [name, { shape, data }] as const);
  return { tensors: Object.fromEntries(given), metadata };
}

/** Opens the menu of exports, if it is closed, and saves what a line of it says. */
export async function exported(page: Page, line: string): Promise<Buffer> {
  const item = page.getByTestId(line);
  if (!(await item.isVisible())) await page.getByTestId('export').click();
  const download = page.waitForEvent('download');
  await item.click();
  return bytesOf(download);
}

/** Rows of an exported table, by column. */
export function csvRows(bytes: Buffer): Record<string, string>[] {
  const lines = bytes.toString('utf8').split('\r\n');
  expect(lines.pop(), 'the last line ends too').toBe('');
  const [header, ...rows] = lines.map((line) => line.split(','));
  return rows.map((row) => {
    expect(row).toHaveLength(header!.length);
    return Object.fromEntries(header!.map((name, index) => [name, row[index]!]));
  });
}

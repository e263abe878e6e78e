/**
 * The test function of every end-to-end test. A page that complains fails its test: an error on the console or thrown,
 * a request that failed, or an error of WebGPU that nobody caught (it drops whole command buffers without a word).
 */
import { test as base, expect, type BrowserContext, type Page } from '@playwright/test';

export interface Complaints {
  /** What the page complained of so far. */
  readonly list: readonly string[];
  /** Complaints that match are part of this test, from now on. */
  allow(pattern: RegExp): void;
}

/** How Chromium words, as a mere warning, an error of WebGPU that nobody listened to. */
const GPU_ERROR = /uncaptured ?error|\[Invalid |- While (calling|encoding|validating|finishing)/i;

/** Runs in the page and in none of its workers: a worker's console arrives by itself. */
function reportUncapturedGpuErrors(): void {
  if (!('gpu' in navigator)) return;
  const adapters: { requestDevice: (this: GPUAdapter, asked?: GPUDeviceDescriptor) => Promise<GPUDevice> } =
    GPUAdapter.prototype;
  const { requestDevice } = adapters;
  adapters.requestDevice = async function (descriptor) {
    const device = await requestDevice.call(this, descriptor);
    device.addEventListener('uncapturederror', (event) => {
      console.error(`uncapturederror: ${(event as GPUUncapturedErrorEvent).error.message}`);
    });
    return device;
  };
}

function listen(page: Page, complain: (text: string) => void): void {
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' || GPU_ERROR.test(text)) complain(`console: ${text}`);
  });
  page.on('pageerror', (error) => {
    complain(`page: ${error.stack ?? error.message}`);
  });
  page.on('crash', () => {
    complain('page: crashed');
  });
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? 'failed';
    // A page that is closed or left while it loads is no failure of the page.
    if (reason !== 'net::ERR_ABORTED') complain(`request: ${request.url()}: ${reason}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) complain(`request: ${response.url()}: status ${response.status()}`);
  });
}

export const test = base.extend<{ complaints: Complaints }>({
  complaints: [
    async ({ context }: { context: BrowserContext }, use) => {
      const list: string[] = [];
      const allowed: RegExp[] = [];
      const complain = (text: string): void => {
        if (!allowed.some((pattern) => pattern.test(text))) list.push(text);
      };
      await context.addInitScript(reportUncapturedGpuErrors);
      context.on('page', (page) => {
        listen(page, complain);
      });
      await use({ list, allow: (pattern) => allowed.push(pattern) });
      expect(list, 'the page complained').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

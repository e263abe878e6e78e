/**
 * The test function of every end-to-end test. A test fails if the page throws or logs an error, if a request fails, or on
 * an uncaught WebGPU error (WebGPU silently drops whole command buffers).
 */
import { test as base, expect, type BrowserContext, type Page } from '@playwright/test';

export interface Complaints {
  /** Errors of the page so far. */
  readonly list: readonly string[];
  /** Allows matching errors from now on. */
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

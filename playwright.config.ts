import { defineConfig } from '@playwright/test';
import { launch } from './e2e/launch.ts';
import { PICTURE_ARGS, PLAIN_ARGS } from './scripts/chromium.mjs';

const port = Number(process.env['E2E_PORT'] ?? 4173);
const address = `http://127.0.0.1:${port}/`;

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  forbidOnly: process.env['CI'] !== undefined,
  // Two files at a time, since pages mostly wait for workers, timers or frames, and no test measures time.
  workers: 2,
  // A busy machine may starve a training page. Tests that pass only on a retry are listed at the end.
  retries: process.env['CI'] === undefined ? 0 : 1,
  timeout: 120_000,
  reporter: [['list']],
  snapshotPathTemplate: '{testDir}/__screenshots__/{testFileName}/{arg}{ext}',
  expect: {
    timeout: 30_000,
    toHaveScreenshot: { animations: 'disabled', caret: 'hide', scale: 'css', threshold: 0.1, maxDiffPixels: 0 },
  },
  use: {
    baseURL: address,
    viewport: { width: 1280, height: 800 },
    deviceScaleFactor: 1,
    locale: 'en-GB',
    timezoneId: 'UTC',
    colorScheme: 'light',
    trace: 'off',
  },
  projects: [
    // Files that need WebGPU or WebGL start their own Chromium, since an emulated GPU costs each page a second or two.
    { name: 'e2e', testIgnore: /visual.*\.spec\.ts$/, use: { launchOptions: launch(PLAIN_ARGS) } },
    { name: 'visual', testMatch: /visual.*\.spec\.ts$/, use: { launchOptions: launch(PICTURE_ARGS) } },
  ],
  webServer: {
    command: `node scripts/start.mjs --no-open --port ${port}`,
    url: address,
    reuseExistingServer: process.env['CI'] === undefined,
    timeout: 180_000,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 2000 },
  },
});

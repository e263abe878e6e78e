import { defineConfig } from '@playwright/test';
import { launch } from './e2e/launch.ts';
import { PICTURE_ARGS, PLAIN_ARGS } from './scripts/chromium.mjs';

const port = Number(process.env['E2E_PORT'] ?? 4173);
const address = `http://127.0.0.1:${port}/`;

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  forbidOnly: process.env['CI'] !== undefined,
  // Two files at a time: a page waits for its worker, its clock or its pictures more often than it computes, and no test
  // measures a time.
  workers: 2,
  // A busy machine may starve a page that trains; what passes only when tried again is named in the end.
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
    // A file that needs WebGPU or WebGL starts a Chromium of its own: an emulated GPU costs every page a second or two.
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

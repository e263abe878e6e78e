/** Runs the bench's rows in Chromium: builds and serves their page, and starts a browser for each row. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { build } from 'vite';
import { findChromium, NO_CHROMIUM, WEBGPU_ARGS } from './chromium.mjs';
import { createStaticServer, listen } from './server.mjs';
import { root, TaskError } from './tasks.mjs';

const FOLDER = join(root, '.cache', 'bench-page');
const FIRST_PORT = 5300;

/** Files that exist on Linux with a GPU. */
const GPU_DEVICES = ['/dev/dri', '/dev/nvidia0', '/dev/dxg'];

/** Flags for WebGPU on the GPU if there is one, else on SwiftShader. */
function webgpuArguments() {
  const hasGpu = process.platform !== 'linux' || GPU_DEVICES.some((path) => existsSync(path));
  return hasGpu ? WEBGPU_ARGS.filter((argument) => !argument.includes('swiftshader')) : WEBGPU_ARGS;
}

async function buildPage() {
  await build({
    configFile: false,
    logLevel: 'error',
    root: join(root, 'src', 'bench', 'browser'),
    base: './',
    worker: { format: 'es', rolldownOptions: { checks: { bundlerTimings: false } } },
    build: {
      outDir: FOLDER,
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 5000,
      rolldownOptions: { checks: { bundlerTimings: false } },
    },
  });
}

/** Builds and serves the page. The result is typed in src/cli/commands/bench.ts. */
export async function openChromium() {
  const executablePath = await findChromium();
  if (executablePath === null) throw new TaskError(NO_CHROMIUM);
  await buildPage();
  const server = createStaticServer(FOLDER);
  const port = await listen(server, FIRST_PORT, () => undefined);
  const launch = () => chromium.launch({ executablePath, args: webgpuArguments() });
  const probe = await launch();
  const version = probe.version();
  await probe.close();

  return {
    version,
    async open() {
      const browser = await launch();
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${port}/`);
      await page.waitForFunction(() => 'askRow' in globalThis);
      return {
        /** @param {import('../src/bench/messages.ts').RowRequest} request */
        ask: (request) => page.evaluate((asked) => globalThis.askRow(asked), request),
        close: () => browser.close(),
      };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

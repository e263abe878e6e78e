/** Serves the built page and starts Chromium, for measurements of the page. */
import { chromium } from 'playwright';
import { findChromium, NO_CHROMIUM } from './chromium.mjs';
import { createStaticServer, listen } from './server.mjs';
import { dist, runNode, TaskError } from './tasks.mjs';

const FIRST_PORT = 5400;

/**
 * Builds and serves the page.
 *
 * @template Result
 * @param {(address: string, launch: (args: readonly string[]) => Promise<import('playwright').Browser>) => Promise<Result>} body
 *   Receives the page's address and a function that starts a browser with given flags. All browsers are closed at the end.
 * @returns {Promise<Result>} The body's result.
 */
export async function withServedPage(body) {
  const executablePath = await findChromium();
  if (executablePath === null) throw new TaskError(NO_CHROMIUM);
  // Runs in its own process, so that its output stays out of our standard output.
  if ((await runNode('scripts/build.mjs', [], { quiet: true })) !== 0) throw new TaskError('The page was not built.');
  const server = createStaticServer(dist);
  const port = await listen(server, FIRST_PORT, () => undefined);
  /** @type {import('playwright').Browser[]} */
  const browsers = [];
  try {
    return await body(`http://127.0.0.1:${port}/`, async (args) => {
      const browser = await chromium.launch({ executablePath, args: [...args] });
      browsers.push(browser);
      return browser;
    });
  } finally {
    await Promise.all(browsers.map((browser) => browser.close()));
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

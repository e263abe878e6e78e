/** The built page, served, and a Chromium to open it in: for what is measured of it. */
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
 *   Gets the page's address, and what starts a browser with such flags; each is closed in the end.
 * @returns {Promise<Result>} What the body gives.
 */
export async function withServedPage(body) {
  const executablePath = await findChromium();
  if (executablePath === null) throw new TaskError(NO_CHROMIUM);
  // In a process of its own, so that what it says stays out of our standard output.
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

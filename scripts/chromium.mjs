/**
 * Which Chromium the tests drive, and how: one place for the unit tests' browser mode and for Playwright. Plain Node,
 * because the test command asks for it before anything is installed.
 */
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { aptInstall, isDebianAsRoot } from './debian.mjs';

/** What Chromium needs as root in a container, and no traffic of its own. */
const QUIET = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  // Chromium loads two pages of its own address bar for every window of a headless browser: a second of computing for each
  // test. The last list of features is the one that counts, so that it has those of Playwright's that matter here as well.
  `--disable-features=${[
    'WebUIOmniboxPopup',
    'WebUIOmniboxAimPopup',
    'DestroyProfileOnBrowserClose',
    'HttpsUpgrades',
    'LensOverlay',
    'MediaRouter',
    'OptimizationHints',
    'PaintHolding',
    'ThirdPartyStoragePartitioning',
  ].join(',')}`,
];

/** WebGPU without a GPU: SwiftShader runs the shaders on the CPU. Needs the full browser, not the headless shell. */
export const WEBGPU_ARGS = [
  ...QUIET,
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--ignore-gpu-blocklist',
  '--enable-gpu',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
];

/** No GPU, not even an emulated one: a page is drawn on the CPU, which is what most tests of it need. */
export const PLAIN_ARGS = [...QUIET, '--disable-gpu'];

/** Space without a GPU: WebGL on SwiftShader, the page itself drawn on the CPU. */
export const WEBGL_ARGS = [
  ...QUIET,
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-gpu-rasterization',
];

/** Pictures that are the same on every machine: no GPU raster, no hinting, no subpixel text, one colour profile. */
export const PICTURE_ARGS = [
  ...QUIET,
  '--disable-gpu',
  '--font-render-hinting=none',
  '--disable-lcd-text',
  '--force-color-profile=srgb',
];

/** Memory is measured when asked, not when the browser next collects. */
export const EAGER_MEMORY = '--enable-blink-features=ForceEagerMeasureMemory';

/** Bytes of the page and its workers after a collection. @param {import('playwright').Page} page */
export function memoryOf(page) {
  return page.evaluate(async () => {
    const measure = Reflect.get(performance, 'measureUserAgentSpecificMemory');
    const { bytes } = await measure.call(performance);
    return Number(bytes);
  });
}

const SYSTEM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const SYSTEM_PATHS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
];

/** @returns {string | null} */
function findSystemChromium() {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = SYSTEM_NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...candidates, ...SYSTEM_PATHS].find((path) => existsSync(path)) ?? null;
}

/** Playwright's own browser, if it was ever installed. @returns {Promise<string | null>} */
async function findPlaywrightChromium() {
  try {
    const { chromium } = await import('playwright');
    const path = chromium.executablePath();
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}

/**
 * The path of a Chromium: `CHROMIUM_PATH`, the system's, Playwright's own; on Debian as root the package is installed.
 *
 * @returns {Promise<string | null>} null where there is none and none could be had.
 */
export async function findChromium() {
  const given = process.env['CHROMIUM_PATH'];
  if (given !== undefined && given !== '') {
    if (existsSync(given)) return given;
    console.error(`CHROMIUM_PATH is ${given}, where there is no file; looking elsewhere.`);
  }
  const found = findSystemChromium() ?? (await findPlaywrightChromium());
  if (found !== null || !isDebianAsRoot()) return found;
  aptInstall(['chromium']);
  return findSystemChromium();
}

/** One line for someone without a Chromium. */
export const NO_CHROMIUM =
  'No Chromium found: install one (for example `npx playwright install chromium`) or set CHROMIUM_PATH to its program.';

/**
 * The Vulkan driver that runs on the CPU and comes with Chromium. With `VK_ICD_FILENAMES` at it, WebGPU works in Node
 * on a machine without a GPU.
 *
 * @param {string | null} chromium
 * @returns {string | null}
 */
export function findSwiftShader(chromium) {
  const folders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
  if (chromium !== null) folders.unshift(dirname(realpathSync(chromium)));
  return folders.map((folder) => join(folder, 'vk_swiftshader_icd.json')).find((path) => existsSync(path)) ?? null;
}

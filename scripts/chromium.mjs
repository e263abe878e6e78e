/**
 * Finds the Chromium for the tests and defines its flags, for the unit tests' browser mode and for Playwright. Plain Node
 * without dependencies, because the test command needs it before packages are installed.
 */
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { aptInstall, isDebianAsRoot } from './debian.mjs';

/** Flags for root in a container, and against background traffic. */
const QUIET = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  // Without the first two, Chromium loads two pages of its address bar for every headless window, a second per test. Only
  // the last list of features counts, so that this one repeats those of Playwright that matter here.
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

/** No GPU, not even an emulated one: pages are drawn on the CPU, which suffices for most tests. */
export const PLAIN_ARGS = [...QUIET, '--disable-gpu'];

/** WebGL on SwiftShader, without a GPU; the page itself is drawn on the CPU. */
export const WEBGL_ARGS = [
  ...QUIET,
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-gpu-rasterization',
];

/** Equal pictures on every machine: no GPU raster, no hinting, no subpixel text, one colour profile. */
export const PICTURE_ARGS = [
  ...QUIET,
  '--disable-gpu',
  '--font-render-hinting=none',
  '--disable-lcd-text',
  '--force-color-profile=srgb',
];

/** Measures memory at once, not at the browser's next garbage collection. */
export const EAGER_MEMORY = '--enable-blink-features=ForceEagerMeasureMemory';

/** Bytes of the page and its workers after a garbage collection. @param {import('playwright').Page} page */
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

/** Playwright's own browser, if it is installed. @returns {Promise<string | null>} */
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
 * Finds a Chromium: `CHROMIUM_PATH`, the system's, Playwright's own. On Debian as root the package is installed.
 *
 * @returns {Promise<string | null>} Its path; null if there is none and none could be installed.
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

/** The error message if there is no Chromium. */
export const NO_CHROMIUM =
  'No Chromium found: install one (for example `npx playwright install chromium`) or set CHROMIUM_PATH to its program.';

/**
 * Finds the Vulkan driver for the CPU that comes with Chromium. With `VK_ICD_FILENAMES` set to it, WebGPU works in Node
 * without a GPU.
 *
 * @param {string | null} chromium
 * @returns {string | null}
 */
export function findSwiftShader(chromium) {
  const folders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
  if (chromium !== null) folders.unshift(dirname(realpathSync(chromium)));
  return folders.map((folder) => join(folder, 'vk_swiftshader_icd.json')).find((path) => existsSync(path)) ?? null;
}

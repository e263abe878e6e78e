import type { LaunchOptions } from '@playwright/test';

const chromiumPath = process.env['CHROMIUM_PATH'];

/** How the Chromium that was found is started. @param args its flags, of `scripts/chromium.mjs` */
export function launch(args: readonly string[]): LaunchOptions {
  // With a path of its own, headless is the full browser; otherwise the channel asks for it (WebGPU needs it).
  return {
    args: [...args],
    ...(chromiumPath === undefined ? { channel: 'chromium' } : { executablePath: chromiumPath }),
  };
}

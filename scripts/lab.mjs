/**
 * `npm run lab`: the command line over the same modules as the page. What is missing is made first, with its words on
 * standard error, so that standard output holds what the lab prints and nothing else.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findSwiftShader } from './chromium.mjs';
import { ensureInstalled, ensureKernels, main, root } from './tasks.mjs';

await main(async () => {
  await ensureInstalled({ quiet: true });
  await ensureKernels({ quiet: true });
  // Without a GPU's device file, WebGPU in Node needs the Vulkan driver that runs on the CPU.
  const hasGpu =
    process.platform !== 'linux' || ['/dev/dri', '/dev/nvidia0', '/dev/dxg'].some((path) => existsSync(path));
  if (!hasGpu && process.env['VK_ICD_FILENAMES'] === undefined) {
    const swiftShader = findSwiftShader(null);
    if (swiftShader !== null) process.env['VK_ICD_FILENAMES'] = swiftShader;
  }
});

// In this same process: a second Node would add its own start-up time to every command.
const lab = join(root, 'src', 'cli', 'lab.ts');
process.argv[1] = lab;
const { register } = await import('tsx/esm/api');
register();
await import(pathToFileURL(lab).href);

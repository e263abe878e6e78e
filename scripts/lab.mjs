/**
 * `npm run lab`: the command line over the page's modules. Installs and compiles what is missing first, with its output on
 * standard error, so that standard output has only what the lab prints.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled, ensureKernels, main, root } from './tasks.mjs';

await main(async () => {
  await ensureInstalled({ quiet: true });
  await ensureKernels({ quiet: true });
});

// Runs in this process, because a second Node would add its start-up time to every command.
const lab = join(root, 'src', 'cli', 'lab.ts');
process.argv[1] = lab;
// Loaded before the TypeScript loader, which would parse its 4 MB of WebAssembly text with 500 MB of memory.
if (['convert', 'export'].includes(process.argv[2] ?? '')) await import('h5wasm/node');
const { register } = await import('tsx/esm/api');
register();
await import(pathToFileURL(lab).href);

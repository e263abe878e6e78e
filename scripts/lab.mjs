/**
 * `npm run lab`: the command line over the same modules as the page. What is missing is made first, with its words on
 * standard error, so that standard output holds what the lab prints and nothing else.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled, ensureKernels, main, root } from './tasks.mjs';

await main(async () => {
  await ensureInstalled({ quiet: true });
  await ensureKernels({ quiet: true });
});

// In this same process: a second Node would add its own start-up time to every command.
const lab = join(root, 'src', 'cli', 'lab.ts');
process.argv[1] = lab;
// 4 MB of WebAssembly as text, which the loader of TypeScript would take apart at a cost of 500 MB: not if it is loaded
// before.
if (['convert', 'export'].includes(process.argv[2] ?? '')) await import('h5wasm/node');
const { register } = await import('tsx/esm/api');
register();
await import(pathToFileURL(lab).href);

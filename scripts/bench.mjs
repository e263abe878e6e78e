/** `npm run bench`: measures training steps. The command is in src/cli/commands/bench.ts. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled, ensureKernels, main, root } from './tasks.mjs';

// A process for one row is started by one that has already checked this.
if (process.env['BENCH_ROW'] === undefined) {
  await main(async () => {
    await ensureInstalled({ quiet: true });
    await ensureKernels({ quiet: true });
  });
}

const { register } = await import('tsx/esm/api');
register();
await import(pathToFileURL(join(root, 'src', 'cli', 'bench-main.ts')).href);

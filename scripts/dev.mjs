/** `npm run dev`: Vite's development server, after what it needs was made. */
import { bin, ensureInstalled, ensureKernels, main, runNode } from './tasks.mjs';

await main(async () => {
  await ensureInstalled();
  await ensureKernels();
  process.exitCode = await runNode(bin.vite, process.argv.slice(2));
});

/** `npm run dev`: starts Vite's development server, after installing and compiling what it needs. */
import { bin, ensureInstalled, ensureKernels, main, runNode } from './tasks.mjs';

await main(async () => {
  await ensureInstalled();
  await ensureKernels();
  process.exitCode = await runNode(bin.vite, process.argv.slice(2));
});

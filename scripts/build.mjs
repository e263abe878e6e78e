/** `npm run build`: builds the page into dist/, static files that work on any host and sub-path. */
import { ensureInstalled, ensurePage, main, parseFlags } from './tasks.mjs';

await main(async () => {
  parseFlags('npm run build --', {}, process.argv.slice(2));
  await ensureInstalled();
  await ensurePage();
});

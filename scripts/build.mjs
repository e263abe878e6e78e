/** `npm run build`: the page as a folder of static files, dist/, that works from any host and sub-path. */
import { ensureInstalled, ensurePage, main, parseFlags } from './tasks.mjs';

await main(async () => {
  parseFlags('npm run build --', {}, process.argv.slice(2));
  await ensureInstalled();
  await ensurePage();
});

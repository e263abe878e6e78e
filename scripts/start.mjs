/** `npm start`: installs what is missing, builds what is stale, serves the page and opens it. */
import { spawn } from 'node:child_process';
import { createStaticServer, listen } from './server.mjs';
import { dist, ensureInstalled, ensurePage, main, parseFlags, refuse } from './tasks.mjs';

const DEFAULT_PORT = 5173;

/**
 * Opens the address in the user's browser. Without a display (a server, a container) it does nothing, since the address is
 * printed anyway.
 *
 * @param {string} address
 */
function openBrowser(address) {
  const { platform, env } = process;
  if (platform === 'linux' && env['DISPLAY'] === undefined && env['WAYLAND_DISPLAY'] === undefined) return;
  /** @type {[string, string[]]} */
  const [command, args] =
    platform === 'darwin'
      ? ['open', [address]]
      : platform === 'win32'
        ? ['cmd', ['/c', 'start', '', address]]
        : ['xdg-open', [address]];
  const child = spawn(command, args, { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
}

await main(async () => {
  const flags = parseFlags(
    'npm start --',
    {
      port: { value: 'N', help: `Port to serve on (default ${DEFAULT_PORT}); the next free one if it is taken.` },
      'no-open': { help: 'Do not open a browser.' },
    },
    process.argv.slice(2),
  );
  const port = Number(flags['port'] ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    refuse(`--port must be a whole number from 1 to 65535, not ${String(flags['port'])}.`);
  }

  await ensureInstalled();
  await ensurePage();

  const server = createStaticServer(dist);
  const bound = await listen(server, port, (taken) => {
    console.log(`Port ${taken} is taken; trying ${taken + 1}.`);
  });
  const address = `http://127.0.0.1:${bound}/`;
  console.log(`Diffusion-QL Playground: ${address}\nCtrl-C ends it.`);
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      server.close(() => process.exit(0));
      server.closeAllConnections();
    });
  }
  if (flags['no-open'] === undefined && process.env['CI'] === undefined) openBrowser(address);
});

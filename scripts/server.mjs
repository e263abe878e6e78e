/**
 * A static server for the built page. Unlike a plain server it sends the headers that make the page cross-origin isolated,
 * without which the threaded WebAssembly backend has no shared memory.
 */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

export const ISOLATION_HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** @type {Record<string, string>} */
const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.safetensors': 'application/octet-stream',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

/**
 * The file of a request path; null if it does not exist, lies outside the folder, or is hidden.
 *
 * @param {string} folder
 * @param {string} url
 */
function findFile(folder, url) {
  let path;
  try {
    path = decodeURIComponent(url.split(/[?#]/, 1)[0] ?? '/');
  } catch {
    return null;
  }
  if (path.includes('\0') || path.split(/[/\\]/).some((part) => part.startsWith('.'))) return null;
  const file = normalize(join(folder, path.endsWith('/') ? `${path}index.html` : path));
  if (!file.startsWith(folder + sep)) return null;
  try {
    const stats = statSync(file);
    return stats.isFile() ? { file, size: stats.size } : null;
  } catch {
    // No such file, a name that is too long, or a path through a file.
    return null;
  }
}

/** @param {string} folder */
export function createStaticServer(folder) {
  return createServer((request, response) => {
    for (const [name, value] of Object.entries(ISOLATION_HEADERS)) response.setHeader(name, value);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      return;
    }
    const found = findFile(folder, request.url ?? '/');
    if (found === null) {
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Not found\n');
      return;
    }
    const hashed = found.file.startsWith(join(folder, 'assets') + sep);
    response.writeHead(200, {
      'Content-Type': TYPES[extname(found.file)] ?? 'application/octet-stream',
      'Content-Length': found.size,
      // Names under assets/ contain a hash of the content. Everything else must be revalidated.
      'Cache-Control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    createReadStream(found.file)
      .on('error', () => response.destroy())
      .pipe(response);
  });
}

/**
 * Listens on the first free port from `port` on. `onTaken` receives each port that is taken.
 *
 * @param {import('node:http').Server} server
 * @param {number} port
 * @param {(taken: number) => void} onTaken
 * @returns {Promise<number>} The port that is listened on.
 */
export function listen(server, port, onTaken) {
  return new Promise((done, fail) => {
    /** @param {number} candidate */
    const attempt = (candidate) => {
      server.removeAllListeners('error');
      server.removeAllListeners('listening');
      server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => {
        const unusable = error.code === 'EADDRINUSE' || error.code === 'EACCES';
        if (!unusable || candidate >= 65535) {
          fail(error);
          return;
        }
        onTaken(candidate);
        attempt(candidate + 1);
      });
      server.listen(candidate, '127.0.0.1', () => {
        server.removeAllListeners('error');
        done(candidate);
      });
    };
    attempt(port);
  });
}

/** A Vite plugin that writes sw.js into the build: the template with the list of the build's files and their hash. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { listFiles, root } from './tasks.mjs';

/**
 * Fallback formats of fonts that every browser with WebAssembly SIMD would pass over, and what is not the page: shipped
 * datasets among it, which are fetched where a visitor asks for them, and what is as large as all the rest and stored when
 * it was first used: the reader of HDF5, MuJoCo, three.js, the worker that trains bodies.
 */
const NOT_STORED =
  /(\.ttf|\.woff|\.map|^third-party-licenses\.txt|^\.[^/]*|^sw\.js|^datasets\/.+\/.+|^assets\/(hdf5_hl|mujoco|space-view|training-worker)-[^/]*)$/;

/** @returns {import('vite').Plugin} */
export function serviceWorker() {
  let folder = '';
  return {
    name: 'service-worker',
    apply: 'build',
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    closeBundle: {
      order: 'post',
      handler() {
        // A worker of the page is bundled on its own and closes before the page is written.
        const paths = listFiles([folder]).map((file) => relative(folder, file).split(sep).join('/'));
        if (!paths.includes('index.html')) return;
        const stored = paths.filter((path) => !NOT_STORED.test(path));
        const version = createHash('sha256');
        for (const path of stored) version.update(`${path}\0`).update(readFileSync(join(folder, path)));
        const files = stored.map((path) => (path === 'index.html' ? './' : path));
        const text = readFileSync(join(root, 'scripts', 'service-worker.js'), 'utf8')
          .replace("'__VERSION__'", JSON.stringify(version.digest('hex').slice(0, 16)))
          .replace("['__FILES__']", JSON.stringify(files));
        writeFileSync(join(folder, 'sw.js'), text);
      },
    },
  };
}

/** A Vite plugin that writes sw.js into the build, from the template, the list of the build's files and their hash. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { listFiles, root } from './tasks.mjs';

/**
 * Files that are not stored in advance: font formats that no supported browser needs, files that are not part of the page,
 * shipped datasets, and large files that are stored on first use (the HDF5 reader, MuJoCo, three.js, the locomotion
 * training worker).
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
        // A worker's bundle is closed on its own, before the page is written.
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

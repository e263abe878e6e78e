/**
 * `npm run bench:pack`: packs the bench into one archive for a machine with only Node and a GPU. It contains the bench as
 * one bundle, the `webgpu` package with the binaries of the chosen platforms, tfjs' WebAssembly files, and the PyTorch
 * script.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'vite';
import { ensureInstalled, ensureKernels, main, parseFlags, refuse, root, TaskError } from './tasks.mjs';

const NAME = 'diffusion-ql-bench';
const LIMIT_MB = 60;
const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-universal', 'win32-x64', 'win32-arm64'];

const README = `# The bench of the Diffusion-QL playground

Needs Node 20.19 or newer, and for its WebGPU rows a GPU with its driver (Vulkan, Metal or Direct3D); on Linux also the
loader of Vulkan (libvulkan.so.1; Debian's package libvulkan1). From this folder:

    node bench.mjs

measures everything and prints tables. \`node bench.mjs --json > result.json\` writes them as JSON, which
\`npm run bench -- --from result.json\` reads in the project. \`node bench.mjs --help\` lists the flags: \`--quick\` for
figures that are roughly right in minutes, \`--backend webgpu\` for the GPU alone. Rows in PyTorch run where
\`python3 -c "import torch"\` works (the variable PYTHON names another interpreter).
`;

/** Variables of CommonJS that bundled modules expect. */
const BANNER = `import { createRequire as __createRequire } from 'node:module';
import { dirname as __dirnameOf } from 'node:path';
import { fileURLToPath as __toPath } from 'node:url';
const require = __createRequire(import.meta.url);
const __filename = __toPath(import.meta.url);
const __dirname = __dirnameOf(__filename);`;

/**
 * Bundles a module with all its imports, for Node.
 *
 * @param {string} entry
 * @param {string} file
 * @param {string[]} mainFields Which of a package's entries to use.
 */
async function bundle(entry, file, mainFields) {
  await build({
    configFile: false,
    logLevel: 'error',
    root,
    ssr: { noExternal: true, target: 'node' },
    resolve: { mainFields, conditions: ['node'] },
    build: {
      ssr: entry,
      outDir: dirname(file),
      emptyOutDir: false,
      copyPublicDir: false,
      target: 'node20',
      minify: true,
      chunkSizeWarningLimit: 10_000,
      rolldownOptions: {
        output: { entryFileNames: file.slice(dirname(file).length + 1), codeSplitting: false, banner: BANNER },
        checks: { bundlerTimings: false },
      },
    },
  });
}

/** @param {string} from @param {string} to */
function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, dereference: true });
}

/** @param {string} file @param {unknown} manifest */
function writeManifest(file, manifest) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(manifest));
}

await main(async () => {
  const own = process.platform === 'darwin' ? 'darwin-universal' : `${process.platform}-${process.arch}`;
  const flags = parseFlags(
    'npm run bench:pack --',
    {
      platform: { value: 'LIST', help: `Where it will run: some of ${PLATFORMS.join(', ')} (default ${own}).` },
      out: { value: 'FILE', help: `The archive (default .cache/${NAME}.tar.gz).` },
    },
    process.argv.slice(2),
  );
  const platforms = String(flags['platform'] ?? own).split(',');
  const wrong = platforms.filter((platform) => !PLATFORMS.includes(platform));
  if (wrong.length > 0) refuse(`No such platform: ${wrong.join(', ')}. Platforms: ${PLATFORMS.join(', ')}.`);
  const archive = String(flags['out'] ?? join(root, '.cache', `${NAME}.tar.gz`));
  await ensureInstalled();
  await ensureKernels();

  const folder = join(root, '.cache', NAME);
  rmSync(folder, { recursive: true, force: true });
  // Two folders deep, like the sources, so that paths to node_modules stay the same.
  await bundle(join(root, 'src', 'cli', 'bench-main.ts'), join(folder, 'lib', 'bench', 'main.mjs'), ['main']);
  copy(join(root, 'src', 'bench', 'pytorch', 'step.py'), join(folder, 'lib', 'bench', 'pytorch', 'step.py'));
  writeFileSync(join(folder, 'bench.mjs'), "import './lib/bench/main.mjs';\n");
  writeFileSync(join(folder, 'README.md'), README);
  for (const file of ['LICENSE', 'THIRD-PARTY-LICENSES.md']) copy(join(root, file), join(folder, file));

  const modules = join(root, 'node_modules');
  const packed = join(folder, 'node_modules');
  const wasm = join('@tensorflow', 'tfjs-backend-wasm', 'dist');
  for (const build of ['', '-simd', '-threaded-simd']) {
    const file = join(wasm, `tfjs-backend-wasm${build}.wasm`);
    copy(join(modules, file), join(packed, file));
  }
  // In Node the gradients come from the umbrella package, of which nothing else is needed.
  const umbrella = join(packed, '@tensorflow', 'tfjs');
  const gradients = join(modules, '@tensorflow', 'tfjs-core', 'dist', 'register_all_gradients.js');
  await bundle(gradients, join(umbrella, 'index.mjs'), ['module', 'main']);
  const { version } = JSON.parse(readFileSync(join(modules, '@tensorflow', 'tfjs', 'package.json'), 'utf8'));
  writeManifest(join(umbrella, 'package.json'), { name: '@tensorflow/tfjs', version, exports: './index.mjs' });
  for (const file of ['index.js', 'LICENSE.md']) copy(join(modules, 'webgpu', file), join(packed, 'webgpu', file));
  const webgpu = JSON.parse(readFileSync(join(modules, 'webgpu', 'package.json'), 'utf8'));
  const manifest = { name: 'webgpu', version: webgpu.version, type: 'module', main: 'index.js' };
  writeManifest(join(packed, 'webgpu', 'package.json'), manifest);
  for (const platform of platforms) {
    copy(join(modules, 'webgpu', 'dist', platform), join(packed, 'webgpu', 'dist', platform));
  }

  mkdirSync(dirname(archive), { recursive: true });
  execFileSync('tar', ['-czf', archive, '-C', dirname(folder), NAME], { stdio: 'inherit' });
  const megabytes = statSync(archive).size / 1e6;
  if (megabytes > LIMIT_MB) throw new TaskError(`The archive has ${megabytes.toFixed(1)} MB, over ${LIMIT_MB} MB.`);
  console.log(`${archive}: ${megabytes.toFixed(1)} MB, for ${platforms.join(', ')}`);
});

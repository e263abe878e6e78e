// Compiles the SIMD kernels (AssemblyScript), with relaxed SIMD and without, into a TypeScript module that holds the
// binaries as base64, so that Node, the worker and the tests load them the same way. Skipped when the result is newer than the sources.
import { mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = join(root, 'src/tensor/wasm/assembly');
const target = join(root, 'src/tensor/wasm/kernels.generated.ts');

function isFresh() {
  if (!existsSync(target)) return false;
  const built = statSync(target).mtimeMs;
  const inputs = [...readdirSync(sources).map((name) => join(sources, name)), fileURLToPath(import.meta.url)];
  return inputs.every((path) => statSync(path).mtimeMs <= built);
}

/**
 * @param {string} name of the build
 * @param {readonly string[]} features beyond SIMD and atomics
 * @returns the binary as base64
 */
async function compile(name, features) {
  // By a name that the type checker doesn't follow: the compiler's declarations would change `Array.prototype.at` and
  // other globals for the whole project.
  const compiler = 'assemblyscript/asc';
  const asc = (await import(compiler)).default;
  const binary = join(root, `.cache/${name}-kernels.wasm`);
  mkdirSync(dirname(binary), { recursive: true });
  const { error, stderr } = await asc.main([
    join(sources, 'index.ts'),
    '--outFile',
    binary,
    '--optimizeLevel',
    '3',
    '--noAssert',
    '--runtime',
    'stub',
    ...['simd', 'threads', ...features].flatMap((feature) => ['--enable', feature]),
    '--importMemory',
    // As large as tfjs' memory may get: a shared memory states its maximum.
    '--maximumMemory',
    '65536',
    // Exported functions pass vectors among themselves alone.
    '--disableWarning',
    '112',
  ]);
  if (error) {
    console.error(`The SIMD kernels do not compile:\n${stderr.toString()}${error.message}`);
    process.exit(1);
  }
  return readFileSync(binary).toString('base64');
}

if (!isFresh()) {
  const builds = {
    PLAIN_KERNELS: await compile('plain', []),
    RELAXED_KERNELS: await compile('relaxed', ['relaxed-simd']),
  };
  const text = Object.entries(builds).map(([name, base64]) => `export const ${name} =\n  '${base64}';\n`);
  const partial = `${target}.${process.pid}`;
  writeFileSync(
    partial,
    `// Made by scripts/build-wasm.mjs from src/tensor/wasm/assembly. Do not edit.\n${text.join('')}`,
  );
  renameSync(partial, target);
}

// Compiles the SIMD kernels (AssemblyScript) into TypeScript modules with the binaries as base64, which Node, workers and
// tests load alike: the kernels of the wasm backend, with and without relaxed SIMD, and those for acting without tfjs.
// `ensureKernels` (tasks.mjs) runs it when the sources have changed.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = join(root, 'src/tensor/wasm/assembly');
const target = join(root, 'src/tensor/wasm/kernels.generated.ts');
const actingTarget = join(root, 'src/math/acting-kernels.generated.ts');

/** For the wasm backend. A shared memory must declare its maximum, which is that of tfjs' memory. */
const ON_TFJS_MEMORY = ['--enable', 'threads', '--maximumMemory', '65536'];

/**
 * @param {string} name of the build
 * @param {string} entry of the sources
 * @param {readonly string[]} options besides those that all builds have
 * @returns the binary as base64
 */
async function compile(name, entry, options) {
  // The variable hides the import from the type checker: the compiler's declarations would change globals such as
  // `Array.prototype.at` for the whole project.
  const compiler = 'assemblyscript/asc';
  const asc = (await import(compiler)).default;
  const binary = join(root, `.cache/${name}-kernels.wasm`);
  mkdirSync(dirname(binary), { recursive: true });
  const { error, stderr } = await asc.main([
    join(sources, entry),
    '--outFile',
    binary,
    '--optimizeLevel',
    '3',
    '--noAssert',
    '--runtime',
    'stub',
    '--enable',
    'simd',
    ...options,
    '--importMemory',
    // Silences the warning on exported functions with vectors, which only call each other.
    '--disableWarning',
    '112',
  ]);
  if (error) {
    console.error(`The SIMD kernels do not compile:\n${stderr.toString()}${error.message}`);
    process.exit(1);
  }
  return readFileSync(binary).toString('base64');
}

/**
 * @param {string} path of the module
 * @param {Readonly<Record<string, string>>} builds as base64, by the constant's name
 */
function writeModule(path, builds) {
  const text = Object.entries(builds).map(([name, base64]) => `export const ${name} =\n  '${base64}';\n`);
  const partial = `${path}.${process.pid}`;
  writeFileSync(
    partial,
    `// Made by scripts/build-wasm.mjs from src/tensor/wasm/assembly. Do not edit.\n${text.join('')}`,
  );
  renameSync(partial, path);
}

writeModule(target, {
  PLAIN_KERNELS: await compile('plain', 'index.ts', ON_TFJS_MEMORY),
  RELAXED_KERNELS: await compile('relaxed', 'index.ts', [...ON_TFJS_MEMORY, '--enable', 'relaxed-simd']),
});
writeModule(actingTarget, { ACTING_KERNELS: await compile('acting', 'acting.ts', []) });

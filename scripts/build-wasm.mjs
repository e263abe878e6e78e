// Compiles the SIMD kernels (AssemblyScript) into a TypeScript module that holds the binary as base64, so that Node,
// the worker and the tests load it the same way. Skipped when the result is newer than the sources.
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

if (!isFresh()) {
  // By a name that the type checker doesn't follow: the compiler's declarations would change `Array.prototype.at` and
  // other globals for the whole project.
  const compiler = 'assemblyscript/asc';
  const asc = (await import(compiler)).default;
  const binary = join(root, '.cache/kernels.wasm');
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
    '--enable',
    'simd',
    '--importMemory',
  ]);
  if (error) {
    console.error(`The SIMD kernels do not compile:\n${stderr.toString()}${error.message}`);
    process.exit(1);
  }
  const base64 = readFileSync(binary).toString('base64');
  const text = `// Made by scripts/build-wasm.mjs from src/tensor/wasm/assembly. Do not edit.\nexport const KERNELS_BASE64 =\n  '${base64}';\n`;
  const partial = `${target}.${process.pid}`;
  writeFileSync(partial, text);
  renameSync(partial, target);
}

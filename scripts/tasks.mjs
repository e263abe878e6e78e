/**
 * Shared by all commands: paths, child processes, and the three steps that run when their result is missing or stale (the
 * install, the WebAssembly kernels, the built page). Plain Node without dependencies, because it runs before the install.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const dist = join(root, 'dist');

const INSTALL_STAMP = join(root, 'node_modules', '.install-hash');
const KERNELS_STAMP = join(root, '.cache', 'kernels-hash');
const PAGE_STAMP = join(dist, '.build-hash');
const KERNELS = [
  join(root, 'src', 'tensor', 'wasm', 'kernels.generated.ts'),
  join(root, 'src', 'math', 'acting-kernels.generated.ts'),
];
const KERNELS_SCRIPT = join(root, 'scripts', 'build-wasm.mjs');

/** JavaScript files of the packages' commands. Run with this same Node, they work on every system without npx. */
export const bin = {
  eslint: 'node_modules/eslint/bin/eslint.js',
  playwright: 'node_modules/@playwright/test/cli.js',
  prettier: 'node_modules/prettier/bin/prettier.cjs',
  tsc: 'node_modules/typescript/bin/tsc',
  vite: 'node_modules/vite/bin/vite.js',
  vitest: 'node_modules/vitest/vitest.mjs',
};

/**
 * Runs a command in the project's root and gives its exit code (1 if it could not be started or was killed).
 * `quiet` sends what it prints to our standard error, so that standard output stays the caller's own.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, quiet?: boolean, shell?: boolean }} [options]
 * @returns {Promise<number>}
 */
export function run(command, args, { env = process.env, quiet = false, shell = false } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: root, env, shell, stdio: ['ignore', quiet ? 2 : 'inherit', 'inherit'] });
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      done(1);
    });
    child.on('exit', (code) => {
      done(code ?? 1);
    });
  });
}

/**
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, quiet?: boolean }} [options]
 */
export function runNode(file, args, options) {
  return run(process.execPath, [file, ...args], options);
}

/** A required step failed. The message is enough, without a stack. */
export class TaskError extends Error {}

/** @param {string | Buffer} data */
const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/** @param {string} file */
const readOrNull = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : null);

/**
 * @param {string} file
 * @param {string} text
 */
function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/**
 * Every file under the given files and folders, in a fixed order.
 *
 * @param {readonly string[]} paths
 * @returns {string[]}
 */
export function listFiles(paths) {
  /** @type {string[]} */
  const files = [];
  for (const path of paths) {
    if (!existsSync(path)) continue;
    if (statSync(path).isDirectory()) {
      files.push(...listFiles(readdirSync(path).map((name) => join(path, name))));
    } else {
      files.push(path);
    }
  }
  return files.sort();
}

/**
 * Hashes contents, not times, so that switching branches back and forth causes no rebuild.
 *
 * @param {readonly string[]} paths
 */
function hashFiles(paths) {
  const hash = createHash('sha256');
  for (const file of listFiles(paths)) {
    hash.update(`${relative(root, file).split(sep).join('/')}\0${sha256(readFileSync(file))}\n`);
  }
  return hash.digest('hex');
}

/**
 * Whether npm's record in node_modules matches the lock file. It avoids repeating an install made by hand, which leaves no
 * stamp of ours.
 *
 * @param {string} lockText
 */
function installMatches(lockText) {
  const installedText = readOrNull(join(root, 'node_modules', '.package-lock.json'));
  if (installedText === null) return false;
  /** @typedef {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }>} Packages */
  /** @type {Packages} */
  const wanted = JSON.parse(lockText).packages;
  /** @type {Packages} */
  const installed = JSON.parse(installedText).packages;
  return Object.entries(wanted).every(([path, { version, optional, devOptional }]) => {
    if (path === '') return true;
    const entry = installed[path];
    return entry === undefined ? (optional ?? devOptional ?? false) : entry.version === version;
  });
}

/** Installs the locked packages if they are missing or of other versions. */
export async function ensureInstalled({ quiet = false } = {}) {
  const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const hash = sha256(lockText);
  if (readOrNull(INSTALL_STAMP) === hash) return;
  if (!installMatches(lockText)) {
    console.error('Installing packages (npm ci) …');
    const args = ['ci', '--include=dev', '--no-fund', '--no-audit'];
    const npm = process.env['npm_execpath'];
    // Under npm, that same npm is used. On Windows plain `npm` is a batch file, which needs a shell.
    const code =
      npm?.endsWith('.js') === true
        ? await runNode(npm, args, { quiet })
        : await run('npm', args, { quiet, shell: process.platform === 'win32' });
    if (code !== 0) throw new TaskError(`npm ci failed (exit code ${code}).`);
  }
  write(INSTALL_STAMP, hash);
}

/** Compiles the WebAssembly kernels if their sources changed. */
export async function ensureKernels({ quiet = false } = {}) {
  if (!existsSync(KERNELS_SCRIPT)) return;
  const hash = hashFiles([KERNELS_SCRIPT, join(root, 'src', 'tensor', 'wasm', 'assembly')]);
  if (KERNELS.every((path) => existsSync(path)) && readOrNull(KERNELS_STAMP) === hash) return;
  const code = await runNode(KERNELS_SCRIPT, [], { quiet });
  if (code !== 0) throw new TaskError(`scripts/build-wasm.mjs failed (exit code ${code}).`);
  write(KERNELS_STAMP, hash);
}

/** Builds the page into dist/ if anything that goes into it changed. */
export async function ensurePage() {
  await ensureKernels();
  const sources = ['src', 'public', 'index.html', 'vite.config.ts', 'tsconfig.json', 'package-lock.json', 'scripts'];
  const isTest = /\.test\.(ts|tsx|mjs)$/;
  const hash = hashFiles(listFiles(sources.map((name) => join(root, name))).filter((file) => !isTest.test(file)));
  if (existsSync(join(dist, 'index.html')) && readOrNull(PAGE_STAMP) === hash) return;
  console.log('Building the page …');
  const code = await runNode(bin.vite, ['build', '--logLevel', 'warn']);
  if (code !== 0) throw new TaskError(`vite build failed (exit code ${code}).`);
  write(PAGE_STAMP, hash);
}

/**
 * Runs a command's body. A `TaskError` prints one line, other errors print their stack; both end with exit code 1.
 *
 * @param {() => Promise<void>} body
 */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    console.error(error instanceof TaskError ? error.message : error);
    process.exit(1);
  }
}

/**
 * Parses a command line of `--flags`. A wrong one prints the usage and ends with exit code 2.
 *
 * @param {string} command As the user types it.
 * @param {Record<string, { value?: string, help: string }>} flags With `value`, the name of the value that follows.
 * @param {readonly string[]} args
 * @returns {Record<string, string | true>}
 */
export function parseFlags(command, flags, args) {
  /** @type {typeof flags} */
  const all = { ...flags, help: { help: 'Print this.' } };
  const rows = Object.entries(all).map(
    ([name, { value, help }]) =>
      /** @type {[string, string]} */ ([`--${name}${value === undefined ? '' : ` ${value}`}`, help]),
  );
  const width = Math.max(...rows.map(([left]) => left.length));
  const usage = [`Usage: ${command} [flags]`, ...rows.map(([left, help]) => `  ${left.padEnd(width)}  ${help}`)];
  /** @type {Record<string, string | true>} */
  const given = {};
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [name, inline] = arg.startsWith('--') ? splitOnce(arg.slice(2), '=') : ['', undefined];
    if (name === 'help') {
      console.log(usage.join('\n'));
      process.exit(0);
    }
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (flag === undefined) refuse(`Unknown argument: ${arg}`, usage);
    if (flag.value === undefined) {
      if (inline !== undefined) refuse(`--${name} takes no value.`, usage);
      given[name] = true;
    } else {
      const value = inline ?? rest.shift();
      if (value === undefined || value === '') refuse(`--${name} needs a value: ${flag.value}.`, usage);
      given[name] = value;
    }
  }
  return given;
}

/**
 * @param {string} text
 * @param {string} separator
 * @returns {[string, string | undefined]}
 */
function splitOnce(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

/**
 * @param {string} message
 * @param {readonly string[]} usage
 * @returns {never}
 */
export function refuse(message, usage = []) {
  console.error([message, ...usage].join('\n'));
  process.exit(2);
}

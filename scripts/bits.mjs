/**
 * Fingerprints of short runs by the command line: the tensors that are saved, what stands beside them in their files, and
 * the figures that are reported. Two checkouts that compute the same have the same ones on one machine. Another
 * processor, or another version of Node, may round elsewhere.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { findChromium, findSwiftShader } from './chromium.mjs';
import { main, parseFlags, refuse, root, TaskError } from './tasks.mjs';

/**
 * @typedef {object} Job One process of the command line.
 * @property {string} title
 * @property {Backend} backend
 * @property {readonly string[]} args Its words. `{out}` stands for an empty folder.
 */

/** @typedef {'cpu' | 'wasm' | 'webgpu'} Backend */

/** @type {readonly Backend[]} */
const BACKENDS = ['cpu', 'wasm', 'webgpu'];

/** Steps of every run: delayed steps, moving averages and recorded steps have begun by then. */
const STEPS = ['--steps', '25'];
const SMALL = ['--hidden', '32', '--batch', '32', '--ema-start', '5'];
/** Trained for several seeds at once. Each more costs half a minute of compiling. */
const TOGETHER = 'bc-mmd,diffusion-ql';
const DATASET = 'public/datasets/hopper-medium-expert-collected';
const ALGORITHMS = ['diffusion-ql', 'diffusion-bc', 'bc', 'td3-bc', 'iql'];
/** Policies that come with the page, of every body. */
const SHIPPED = [
  ['hopper', 'public/policies/hopper-diffusion-ql.safetensors'],
  ['halfcheetah', 'public/policies/halfcheetah-diffusion-ql.safetensors'],
  ['walker2d', 'public/policies/walker2d-diffusion-ql.safetensors'],
];

/** Settings that leave the presets for the other branch wherever there is one. */
const OTHER_WAYS = [
  ...['--sampler', 'ddim', '--ddim-steps', '3', '--schedule', 'linear', '--gradient-steps', '2', '--clip', '1'],
  ...['--sample-with', 'ema', '--normalize-q', 'off', '--choice', 'argmax'],
];
const OWN_MODES = '-0.5,0.5,0.1,1;0.5,0.5,0.1,2;-0.5,-0.5,0.1,3;0.5,-0.5,0.1,4';

/**
 * @param {string} title
 * @param {Backend} backend
 * @param {string} methods
 * @param {readonly string[]} more
 * @returns {Job}
 */
function bandit(title, backend, methods, more) {
  const save = join('{out}', '{method}-{seed}.safetensors');
  const args = ['bandit', '--json', '--backend', backend, '--method', methods, ...STEPS, '--samples', '20', ...more];
  return { title: `bandit, ${backend}, ${title}`, backend, args: [...args, '--save', save] };
}

/**
 * @param {string} title
 * @param {Backend} backend
 * @param {string} algorithm
 * @param {readonly string[]} more
 * @returns {Job}
 */
function locomotion(title, backend, algorithm, more) {
  const run = ['--data', DATASET, '--task', 'hopper-medium-expert', '--algorithm', algorithm, '--out', '{out}'];
  const points = ['--evaluate-every', '15', '--episodes', '2', '--workers', '1'];
  const args = ['train', '--json', '--backend', backend, ...run, ...STEPS, ...points, ...more];
  return { title: `locomotion, ${backend}, ${algorithm}${title}`, backend, args };
}

/** @type {readonly Job[]} */
const JOBS = [
  ...['0', '1'].flatMap((seed) => [
    bandit(`seed ${seed}`, 'cpu', 'all', [...SMALL, '--seed', seed]),
    bandit(`seed ${seed}`, 'wasm', 'all', [...SMALL, '--seed', seed]),
  ]),
  bandit('preset fast', 'wasm', 'all', ['--preset', 'fast']),
  bandit('preset paper', 'wasm', 'all', ['--preset', 'paper', '--ema-start', '5']),
  bandit('other settings', 'wasm', 'all', [...SMALL, ...OTHER_WAYS, '--placement', 'diamond', '--candidates', '8']),
  bandit('modes of its own', 'wasm', 'bc-mmd,diffusion-ql', [...SMALL, '--modes', OWN_MODES]),
  ...ALGORITHMS.flatMap((algorithm) => [
    locomotion('', 'cpu', algorithm, [...SMALL, '--preset', 'small']),
    locomotion('', 'wasm', algorithm, [...SMALL, '--preset', 'small', '--seed', '1']),
  ]),
  ...['diffusion-ql', 'td3-bc', 'iql'].map((algorithm) =>
    locomotion(', preset paper', 'wasm', algorithm, ['--preset', 'paper', '--ema-start', '5']),
  ),
  locomotion(', other settings', 'wasm', 'diffusion-ql', [
    ...[...SMALL, ...OTHER_WAYS, '--preset', 'small', '--critics', '3', '--critic-norm', 'layer'],
    ...['--pessimism', 'lcb', '--max-q-backup', 'on', '--rewards', 'iql_locomotion'],
  ]),
  locomotion(', one-step actions', 'wasm', 'diffusion-ql', [
    ...[...SMALL, '--preset', 'small', '--action-approximation', 'on'],
  ]),
  ...SHIPPED.map(
    ([body, file]) =>
      /** @type {Job} */ ({
        title: `episodes, ${body}`,
        backend: 'wasm',
        args: ['evaluate', '--json', '--env', body, '--checkpoint', file, '--episodes', '2', '--workers', '1'],
      }),
  ),
  bandit('seed 0', 'webgpu', 'all', [...SMALL, '--seed', '0']),
  bandit('seeds 0 and 1', 'webgpu', TOGETHER, [...SMALL, '--seeds', '0,1']),
  ...ALGORITHMS.map((algorithm) => locomotion('', 'webgpu', algorithm, [...SMALL, '--preset', 'small'])),
];

/** What the clock and the place have a say in. */
const INCIDENTAL = new Set(['seconds', 'stepsPerSecond', 'folder', 'crc32']);

/** @param {string | Uint8Array} data */
const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/** The fingerprint of a value of JSON, without what is incidental. @param {unknown} value */
const fingerprint = (value) =>
  sha256(JSON.stringify(value, (key, part) => (INCIDENTAL.has(key) ? undefined : /** @type {unknown} */ (part))));

/**
 * The parts of a `safetensors` file: 8 bytes of the header's length, the header, the tensors.
 *
 * @param {string} file
 * @returns {{ tensors: string, metadata: string }} Fingerprints.
 */
function safetensorsParts(file) {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  /** @type {{ __metadata__?: Record<string, string> }} */
  const { __metadata__: metadata = {}, ...tensors } = JSON.parse(bytes.subarray(8, start).toString('utf8'));
  return {
    tensors: sha256(Buffer.concat([Buffer.from(JSON.stringify(tensors)), bytes.subarray(start)])),
    metadata: fingerprint(metadata),
  };
}

/** @param {string} text Lines of JSON. */
const jsonLines = (text) => text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));

/**
 * Runs a job, and gives the fingerprints of what came of it by their names.
 *
 * @param {Job} job
 * @param {string} checkout
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Record<string, string>>}
 */
async function fingerprintsOf({ title, args }, checkout, env) {
  const out = mkdtempSync(join(tmpdir(), 'bits-'));
  try {
    // A run wants a folder that holds none.
    const words = args.map((word) => word.replace('{out}', out));
    const { code, stdout, stderr } = await lab(words, checkout, env);
    if (code !== 0) throw new TaskError(`${title}: lab ${words.join(' ')}\n  exit code ${code}\n${stderr.trimEnd()}`);
    /** @type {Record<string, string>} */
    const found = { [`${title}: report`]: fingerprint(JSON.parse(stdout)) };
    for (const name of readdirSync(out).sort()) {
      const file = join(out, name);
      if (name.endsWith('.safetensors')) {
        const { tensors, metadata } = safetensorsParts(file);
        found[`${title}: ${name}, tensors`] = tensors;
        found[`${title}: ${name}, metadata`] = metadata;
      } else if (name.endsWith('.jsonl')) {
        found[`${title}: ${name}`] = fingerprint(jsonLines(readFileSync(file, 'utf8')));
      } else {
        found[`${title}: ${name}`] = fingerprint(JSON.parse(readFileSync(file, 'utf8')));
      }
    }
    return found;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/**
 * @param {readonly string[]} args
 * @param {string} checkout
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 */
function lab(args, checkout, env) {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [join(checkout, 'scripts', 'lab.mjs'), ...args], { cwd: checkout, env });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.on('error', fail);
    child.on('close', (code) => {
      done({ code: code ?? 1, stdout, stderr });
    });
  });
}

/**
 * What of an earlier run is otherwise now, one line each.
 *
 * @param {Record<string, string>} before
 * @param {Record<string, string>} now
 * @param {readonly Job[]} jobs Those that were run: what belongs to others is not missed.
 */
function differences(before, now, jobs) {
  const isOfJobs = (/** @type {string} */ name) => jobs.some(({ title }) => name.startsWith(`${title}: `));
  return [...new Set([...Object.keys(before).filter(isOfJobs), ...Object.keys(now)])].flatMap((name) => {
    const [there, here] = [before[name], now[name]];
    if (there === here) return [];
    return [`${here === undefined ? 'gone' : there === undefined ? 'new' : 'other'}: ${name}`];
  });
}

await main(async () => {
  const flags = parseFlags(
    'node scripts/bits.mjs',
    {
      checkout: { value: 'DIR', help: 'The checkout whose command line is run (this one unless given).' },
      out: { value: 'FILE', help: 'Writes the fingerprints as JSON.' },
      compare: { value: 'FILE', help: 'Names what is otherwise than in that file; exit code 1 if anything is.' },
      only: { value: 'A,B', help: `Runs on these backends only: ${BACKENDS.join(', ')}.` },
    },
    process.argv.slice(2),
  );
  const checkout = resolve(String(flags['checkout'] ?? root));
  if (!existsSync(join(checkout, 'scripts', 'lab.mjs')))
    refuse(`${checkout} is no checkout: it has no scripts/lab.mjs.`);
  const chosen = flags['only'] === undefined ? BACKENDS : String(flags['only']).split(',');
  const wrong = chosen.filter((name) => !BACKENDS.some((backend) => backend === name));
  if (wrong.length > 0) refuse(`No such backend: ${wrong.join(', ')}. Backends: ${BACKENDS.join(', ')}.`);
  const jobs = JOBS.filter(({ backend }) => chosen.includes(backend));
  /** @type {Record<string, string> | null} */
  const before = flags['compare'] === undefined ? null : JSON.parse(readFileSync(String(flags['compare']), 'utf8'));

  const env = { ...process.env };
  if (chosen.includes('webgpu')) {
    // A driver of a GPU need not add up in one order; the software driver does.
    const swiftShader = findSwiftShader(await findChromium());
    if (swiftShader === null) throw new TaskError('WebGPU needs the SwiftShader of a Chromium; none was found.');
    env['VK_ICD_FILENAMES'] = swiftShader;
  }

  const start = performance.now();
  /** @type {Record<string, string>} */
  const found = {};
  /** @type {string[]} */
  const failures = [];
  for (const job of jobs) {
    const since = performance.now();
    try {
      const own = await fingerprintsOf(job, checkout, env);
      for (const [name, hash] of Object.entries(own)) console.log(`${hash}  ${name}`);
      Object.assign(found, own);
    } catch (error) {
      if (!(error instanceof TaskError)) throw error;
      failures.push(error.message);
    }
    console.error(`${job.title}: ${((performance.now() - since) / 1000).toFixed(1)} s`);
  }
  console.error(`${Object.keys(found).length} fingerprints, ${((performance.now() - start) / 1000).toFixed(0)} s`);
  if (flags['out'] !== undefined) {
    const file = resolve(String(flags['out']));
    mkdirSync(resolve(file, '..'), { recursive: true });
    writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
  }
  const lines = before === null ? [] : differences(before, found, jobs);
  for (const line of [...failures, ...lines]) console.error(line);
  if (failures.length + lines.length > 0) {
    throw new TaskError(`${lines.length} differ, ${failures.length} of ${jobs.length} runs failed.`);
  }
  if (before !== null) console.error('All are as before.');
});

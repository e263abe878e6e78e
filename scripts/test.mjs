/**
 * `npm test`: runs all checks, from formatting to pictures of the page. Installs what is missing, runs every stage even
 * after a failure, and ends with a summary.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { findChromium, findSwiftShader, NO_CHROMIUM } from './chromium.mjs';
import { ensureH5py } from './debian.mjs';
import { failuresIn } from './failures.mjs';
import {
  bin,
  ensureInstalled,
  ensureKernels,
  ensurePage,
  main,
  parseFlags,
  refuse,
  root,
  runNode,
  TaskError,
} from './tasks.mjs';

/**
 * @typedef {object} Stage
 * @property {string} title
 * @property {boolean} exclusive Whether it runs with no other stage, since its pages must not starve. The others run two
 *   at a time.
 * @property {boolean} browser Whether it needs a Chromium (for Node's WebGPU: its SwiftShader).
 * @property {(env: NodeJS.ProcessEnv, update: boolean) => Promise<number>} run Its exit code.
 */

/** The JSON file of a stage's test results. @param {string} stage */
const report = (stage) => join(root, 'test-results', `${stage}.json`);

/** @param {string} stage A project of vitest's. @param {NodeJS.ProcessEnv} env */
function runVitest(stage, env) {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report(stage)}`];
  return runNode(bin.vitest, ['run', '--project', stage, ...reporters], { env });
}

/** @param {string} stage A project of Playwright's. @param {NodeJS.ProcessEnv} env @param {readonly string[]} more */
async function runPlaywright(stage, env, more = []) {
  await ensurePage();
  const args = ['test', '--project', stage, '--reporter', 'list,json', '--output', `test-results/${stage}`, ...more];
  return runNode(bin.playwright, args, { env: { ...env, PLAYWRIGHT_JSON_OUTPUT_FILE: report(stage) } });
}

/** @type {Record<string, Stage>} */
const STAGES = {
  // Stages that use one core are ordered longest first, so that none delays the end.
  lint: {
    title: 'Lint (eslint)',
    exclusive: false,
    browser: false,
    run: (env) => runNode(bin.eslint, ['--max-warnings', '0', '.'], { env }),
  },
  format: {
    title: 'Format (prettier)',
    exclusive: false,
    browser: false,
    run: (env) => runNode(bin.prettier, ['--check', '--log-level', 'warn', '.'], { env }),
  },
  types: {
    title: 'Types (tsc)',
    exclusive: false,
    browser: false,
    run: (env) => runNode(bin.tsc, [], { env }),
  },
  licences: {
    title: 'Licences of third parties',
    exclusive: false,
    browser: false,
    run: (env) => runNode('scripts/licences.mjs', ['--check'], { env }),
  },
  unit: {
    title: 'Unit tests in Node',
    exclusive: false,
    browser: true,
    run: (env) => {
      ensureH5py();
      return runVitest('unit', env);
    },
  },
  browser: {
    title: 'Unit tests in the browser',
    exclusive: false,
    browser: true,
    run: (env) => runVitest('browser', env),
  },
  e2e: {
    title: 'End-to-end tests of the built page',
    exclusive: true,
    browser: true,
    run: (env) => runPlaywright('e2e', env),
  },
  visual: {
    title: 'Pictures of the built page',
    exclusive: true,
    browser: true,
    run: (env, update) => runPlaywright('visual', env, update ? ['--update-snapshots=all'] : []),
  },
};

/** A free port, so that two checkouts can be tested at the same time. @returns {Promise<number>} */
function freePort() {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        done(typeof address === 'object' && address !== null ? address.port : 4173);
      });
    });
  });
}

/** @param {number} since */
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

await main(async () => {
  const names = Object.keys(STAGES);
  const flags = parseFlags(
    'npm test --',
    {
      only: { value: 'A,B', help: `Run these stages only: ${names.join(', ')}.` },
      update: { help: 'Take the pictures of the page anew instead of comparing them.' },
    },
    process.argv.slice(2),
  );
  const chosen = flags['only'] === undefined ? names : String(flags['only']).split(',');
  const wrong = chosen.filter((name) => !names.includes(name));
  if (wrong.length > 0) refuse(`No such stage: ${wrong.join(', ')}. Stages: ${names.join(', ')}.`);
  const stages = Object.entries(STAGES).filter(([name]) => chosen.includes(name));

  const start = performance.now();
  await ensureInstalled();
  await ensureKernels();
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, E2E_PORT: String(await freePort()) };
  if (stages.some(([, stage]) => stage.browser)) {
    const chromium = await findChromium();
    if (chromium === null) throw new TaskError(NO_CHROMIUM);
    env['CHROMIUM_PATH'] = chromium;
    const swiftShader = findSwiftShader(chromium);
    if (swiftShader !== null) env['VK_ICD_FILENAMES'] = swiftShader;
    console.log(`Chromium: ${chromium}`);
  }

  /** @type {{ title: string, failed: boolean, time: string }[]} */
  const results = [];
  /** @param {[string, Stage]} entry */
  const run = async ([name, stage]) => {
    rmSync(report(name), { force: true });
    console.log(`\n== ${stage.title} [${name}]`);
    const since = performance.now();
    let code = 1;
    try {
      code = await stage.run(env, flags['update'] !== undefined);
    } catch (error) {
      console.error(error instanceof TaskError ? error.message : error);
    }
    const time = seconds(since);
    results.push({ title: `${stage.title} [${name}]`, failed: code !== 0, time });
    console.log(`-- [${name}] ${code === 0 ? 'passed' : 'FAILED'} in ${time}`);
  };
  const pending = stages.filter(([, stage]) => !stage.exclusive);
  const lane = async () => {
    for (let next = pending.shift(); next; next = pending.shift()) await run(next);
  };
  await Promise.all([lane(), lane()]);
  for (const entry of stages.filter(([, stage]) => stage.exclusive)) await run(entry);

  const failed = results.filter((result) => result.failed).length;
  const width = Math.max(...results.map(({ title }) => title.length));
  console.log(`\n== Summary (${seconds(start)})`);
  for (const result of results) {
    console.log(`${result.failed ? 'FAILED' : 'passed'}  ${result.title.padEnd(width)}  ${result.time.padStart(8)}`);
  }
  for (const [name] of stages) {
    for (const failure of failuresIn(report(name))) {
      console.log(`\n${failure.passedLater ? 'passed only when tried again' : 'failed'}: [${name}] ${failure.name}`);
      console.log(failure.message.replaceAll(/^/gm, '  '));
    }
  }
  console.log(`${results.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
});

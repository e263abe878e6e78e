import { readFile, writeFile } from 'node:fs/promises';
import prettier from 'prettier';
import { describe, expect, it } from 'vitest';
import type { BenchResult } from '../../bench/bench.ts';
import { PATH_NAMES } from '../../bench/messages.ts';
import type { BenchRow } from '../../bench/rounds.ts';
import { TASK_NAMES } from '../../bench/tasks.ts';
import { markdownReport, replaceSection, textReport } from '../bench-report.ts';
import { UsageError } from '../console.ts';
import { run as lab, temporaryFolder } from '../testing.ts';

const at = temporaryFolder('bench');

const run = (...argv: string[]) => lab('bench', ...argv);

const spec = { name: 'd4rl-step', agents: 1, threads: 1 } as const;
const RESULT: BenchResult = {
  machine: {
    cpu: 'A processor',
    cores: 2,
    memoryGb: 24,
    os: 'Linux 6, x64',
    adapter: 'An adapter',
    versions: { node: '20.0.0', tfjs: '4.22.0' },
    date: '2026-01-02',
  },
  tiny: false,
  rows: [
    {
      ...spec,
      backend: 'webgpu',
      path: 'fused',
      stepMs: 1234.5,
      jsMs: 0.123,
      kernels: 40.2,
      dispatches: 50,
      firstMs: 2000,
      rounds: 7,
      steps: 70,
      device: 'An adapter',
      note: null,
    },
  ],
  ratios: [{ ratio: 'fused / plain, wasm', name: 'd4rl-step', value: 3, goal: 4 }],
  missing: [{ ...spec, backend: 'cpu', path: 'plain', reason: 'cut short' }],
  memory: [
    {
      backend: 'wasm',
      path: 'fused',
      steps: 100,
      before: { tensors: 5, bytes: 2 ** 20, gpuBytes: null, processBytes: 2 ** 27 },
      after: { tensors: 6, bytes: 2 ** 21, gpuBytes: null, processBytes: 2 ** 27 },
      level: false,
      note: null,
    },
  ],
};

describe('the arguments', () => {
  it('lab bench answers a wrong flag with the list of right ones', async () => {
    const { code, out, err } = await run('--backends', 'wasm');
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('--backends');
    const flags = ['--only', '--backend', '--path', '--threads', '--quick', '--browser', '--page', '--stage', '--json'];
    flags.push('--locomotion', '--folded');
    for (const flag of flags) {
      expect(err).toContain(`${flag} `);
    }
  });

  it.each([
    ['--only', 'd4rl', 'd4rl-step-max-q'],
    ['--backend', 'webgl', 'wasm'],
    ['--path', 'fused,fast', 'recorded'],
    ['--threads', '0', 'from 1'],
  ])('lab bench refuses %s %s with the allowed values', async (flag, value, message) => {
    const { code, err } = await run(flag, value);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it('lab bench --help lists its flags', async () => {
    const { code, out } = await run('--help');
    expect(code).toBe(0);
    for (const name of [...TASK_NAMES, ...PATH_NAMES, 'memory']) expect(out).toContain(name);
  });

  it.each([
    ['--only frames', 'Without --locomotion, --only takes some of'],
    ['--stage --only opening', 'not opening'],
    [
      '--locomotion --only memory,frames',
      'With --locomotion, --only takes some of opening, frames, evaluation; not memory.',
    ],
    ['--folded --stage', '--folded goes with --locomotion'],
    ['--locomotion --browser', 'one at a time'],
  ])('lab bench refuses the combination %s', async (argv, message) => {
    const { code, err } = await run(...argv.split(' '));
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

it('lab bench measures a step, and lists the paths that are unavailable', async () => {
  const argv = ['--tiny', '--quick', '--only', 'bandit-bc', '--path', 'fused,recorded', '--json'];
  const { code, out } = await run(...argv, '--backend', 'wasm,cpu', '--threads', '1,2');
  expect(code).toBe(0);
  const { machine, rows, missing } = JSON.parse(out) as BenchResult;
  expect(machine.versions).toHaveProperty('tfjs');
  expect(rows.map(({ backend, path, threads }) => `${backend} ${path} ${threads}`)).toEqual([
    'wasm fused 1',
    'wasm fused 2',
    'cpu fused 1',
    'wasm recorded 1',
    'wasm recorded 2',
  ]);
  expect(rows[0]).toMatchObject({ name: 'bandit-bc', backend: 'wasm', path: 'fused', agents: 1, jsMs: null });
  expect(rows[0]?.stepMs).toBeGreaterThan(0);
  expect(rows[0]?.kernels).toBeGreaterThan(10);
  // A recorded step runs no tfjs kernels.
  expect(rows.at(-1)?.kernels).toBe(0);
  expect(missing).toMatchObject([{ path: 'recorded', backend: 'cpu', reason: 'there is no such path on cpu' }]);
});

describe('the report', () => {
  it('the bench report prints every figure of a saved result', async () => {
    const file = at('result.json');
    await writeFile(file, JSON.stringify(RESULT));
    const { code, out } = await run('--from', file);
    expect(code).toBe(0);
    expect(out).toBe(textReport(RESULT));
    for (const text of ['A processor', 'An adapter', '1235', '0.123', '40.2', '(not met)', '5 → 6', 'cut short']) {
      expect(out).toContain(text);
    }
    expect((await run('--from', at('none.json'))).code).toBe(2);
  });

  it('the bench report joins results of several runs: the last of each row, with ratios computed again', async () => {
    const [row] = RESULT.rows as [BenchRow];
    const again = { ...row, stepMs: 40 };
    const plain = { ...row, path: 'plain' as const, stepMs: 400 };
    const recorded = { ...row, path: 'recorded' as const, stepMs: 20 };
    const measured = { ...row, backend: 'cpu' as const, path: 'plain' as const };
    const bandit = { ...row, name: 'bandit-bc' as const };
    const file = (name: string, result: BenchResult) => writeFile(at(name), JSON.stringify(result));
    await file('bandit.json', { ...RESULT, rows: [bandit, plain], memory: [] });
    await file('first.json', RESULT);
    await file('second.json', { ...RESULT, rows: [again, recorded, measured], ratios: [], missing: [], memory: [] });
    const { code, out } = await run(
      '--from',
      ['bandit', 'first', 'second'].map((name) => at(`${name}.json`)).join(),
      '--json',
    );
    expect(code).toBe(0);
    const joined = JSON.parse(out) as BenchResult;
    expect(joined.rows).toEqual([plain, again, recorded, measured, bandit]);
    expect(joined.ratios.map(({ ratio, value }) => [ratio, value])).toEqual([
      ['recorded / plain, WebGPU', 20],
      ['recorded / fused, WebGPU', 2],
    ]);
    expect(joined.missing).toEqual([]);
    expect(joined.memory).toEqual(RESULT.memory);
    await file('tiny.json', { ...RESULT, tiny: true });
    const mixed = await run('--from', `${at('first.json')},${at('tiny.json')}`);
    expect([mixed.code, mixed.err]).toEqual([2, expect.stringContaining('--tiny')]);
    await writeFile(at('page.json'), JSON.stringify({ machine: RESULT.machine, page: [] }));
    expect((await run('--from', `${at('first.json')},${at('page.json')}`)).code).toBe(2);
  });

  it('the bench report goes between the markers of a document, formatted by Prettier', async () => {
    const file = at('result.json');
    const document = at('document.md');
    await writeFile(file, JSON.stringify(RESULT));
    await writeFile(document, '# Speed\n\n<!-- bench: node -->\n\nold\n\n<!-- /bench: node -->\n\nThe end.\n');
    expect((await run('--from', file, '--write', document)).code).toBe(0);
    const text = await readFile(document, 'utf8');
    expect(text).toContain(markdownReport(RESULT));
    expect(text).not.toContain('old');
    expect(text).toMatch(/^# Speed\n[^]*\nThe end\.\n$/);
    expect(await prettier.check(text, { parser: 'markdown', printWidth: 120 })).toBe(true);
    expect((await run('--from', file, '--write', document, '--section', 'gpu')).code).toBe(2);
  });

  it('the bench report of the stage has its own markers in a document', async () => {
    const [file, document] = [at('stage.json'), at('stage.md')];
    const page = [{ name: 'side', what: 'from the side', value: 59.94, unit: 'frames/s', note: null }];
    await writeFile(file, JSON.stringify({ machine: RESULT.machine, page, section: 'stage' }));
    await writeFile(document, '<!-- bench: stage -->\n\n<!-- /bench: stage -->\n');
    expect((await run('--from', file, '--write', document)).out).toContain('59.9 frames/s');
    expect(await readFile(document, 'utf8')).toMatch(
      /\| the stage +\| measured[^]*\| from the side \| 59\.9 frames\/s/,
    );
    expect((await run('--page', '--stage')).code).toBe(2);
  });

  it('the bench report of locomotion has its own markers in a document', async () => {
    const [file, document] = [at('locomotion.json'), at('locomotion.md')];
    const page = [{ name: 'opening', what: 'until it walks', value: 1.604, unit: 's', note: 'each: 1.60' }];
    await writeFile(file, JSON.stringify({ machine: RESULT.machine, page, section: 'locomotion' }));
    await writeFile(document, '<!-- bench: locomotion -->\n\n<!-- /bench: locomotion -->\n');
    expect((await run('--from', file, '--write', document)).code).toBe(0);
    expect(await readFile(document, 'utf8')).toMatch(
      /\| Bodies and Locomotion +\| measured[^]*\| until it walks +\| 1\.60 s +\| each: 1\.60 \|/,
    );
  });

  it('the bench report requires both markers in a document', () => {
    expect(() => replaceSection('<!-- bench: node -->', 'node', '')).toThrow(UsageError);
  });
});

import '@tensorflow/tfjs-backend-cpu';
import { spawnSync } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { METHOD_IDS } from '../bandit/methods.ts';
import { defaultExperiment, type Experiment } from '../bandit/experiment.ts';
import { reportGpuError } from '../tensor/webgpu/errors.ts';
import { labCommand } from '../bandit/command-line.ts';
import { decodeSafetensors } from '../experiment/safetensors.ts';
import { SETTING_FIELDS } from '../bandit/settings.ts';
import { json, run, temporaryFolder } from './testing.ts';

const SMALL = ['--hidden', '8', '--batch', '8', '--samples', '50', '--backend', 'cpu'];

const at = temporaryFolder('lab');

describe('lab bandit', () => {
  const FAST = ['bandit', '--method', 'bc-mle', '--preset', 'fast', '--steps', '4', ...SMALL];

  it('lab bandit fails when the GPU reports an error, since steps may be missing', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValueOnce();
    const running = run(...FAST);
    reportGpuError('Binding size is too large.');
    const { code, err } = await running;
    log.mockRestore();
    expect(code).toBe(1);
    expect(err).toContain('The GPU reported an error, and steps may be missing since: Binding size is too large.');
  });

  it('lab bandit prints one JSON object with the metrics', async () => {
    const report = await json(...FAST, '--placement', 'diamond', '--seed', '3');
    expect(report).toMatchObject({ method: 'bc-mle', steps: 4, seed: 3, placement: 'diamond', backend: 'cpu' });
    for (const key of [
      'inMode',
      'totalVariation',
      'meanReward',
      'regret',
      'effectiveModes',
      'inBest',
      'stepsPerSecond',
    ]) {
      expect(report[key], key).toBeTypeOf('number');
    }
    expect(report['nearest']).toHaveLength(4);
    expect(report['mmd2']).toEqual({
      value: expect.any(Number) as number,
      low: expect.any(Number) as number,
      high: expect.any(Number) as number,
    });
  });

  it('lab bandit gives the same numbers in a second run', async () => {
    const timeless = ({ seconds, stepsPerSecond, ...rest }: Record<string, unknown>) => {
      expect([seconds, stepsPerSecond]).not.toContain(undefined);
      return rest;
    };
    expect(timeless(await json(...FAST))).toEqual(timeless(await json(...FAST)));
  });

  it('lab bandit --every measures during training, also with 50 candidates, and averages the last checkpoints', async () => {
    const argv = ['bandit', '--method', 'diffusion-ql', '--steps', '5', '--every', '2', '--T', '2', ...SMALL];
    const report = await json(...argv);
    const history = report['history'] as { steps: number; candidates50: object }[];
    expect(history.map(({ steps }) => steps)).toEqual([2, 4, 5]);
    expect(history[0]?.candidates50).toHaveProperty('inBest');
    expect(report['candidates50']).toHaveProperty('nearest');
    expect(report['average']).toMatchObject({ checkpoints: 3 });
  });

  it('lab bandit trains several methods and writes their weights', async () => {
    const save = at('{method}.safetensors');
    const report = await json(
      'bandit',
      '--method',
      'bc-mle,bc-cvae',
      '--steps',
      '2',
      ...SMALL,
      '--save',
      save,
      '--half',
    );
    expect((report['methods'] as unknown[]).length).toBe(2);
    const { metadata, tensors } = decodeSafetensors(new Uint8Array(await readFile(at('bc-cvae.safetensors'))));
    expect(metadata).toMatchObject({ method: 'bc-cvae', step: '2' });
    expect(Object.values(tensors)[0]?.dtype).toBe('F16');
    const { code, err } = await run('bandit', '--method', 'all', '--save', 'one.safetensors');
    expect([code, err]).toEqual([2, expect.stringContaining('{method}')]);
  });

  it('lab bandit trains several seeds with the numbers of single runs, and prints their means', async () => {
    const argv = ['bandit', '--method', 'bc-diffusion', '--steps', '4', '--every', '2', '--T', '2', ...SMALL];
    const save = at('seed-{seed}.safetensors');
    const report = await json(...argv, '--seeds', '0..2', '--save', save);
    expect(report).toMatchObject({ method: 'bc-diffusion', steps: 4, seeds: [0, 1, 2], together: false });
    const runs = report['runs'] as ({ seed: number } & Record<string, number>)[];
    const single = await json(...argv, '--seed', '2');
    const { inMode, meanReward, losses } = single;
    expect(runs[2]).toMatchObject({ seed: 2, inMode, meanReward, losses });
    const { meanReward: mean } = report['mean'] as Record<string, { value: number; low: number; high: number }>;
    const rewards = runs.map((each) => each['meanReward'] as number);
    expect(mean?.value).toBeCloseTo(rewards.reduce((sum, value) => sum + value, 0) / 3, 6);
    expect(mean?.low).toBeGreaterThanOrEqual(Math.min(...rewards));
    expect(mean?.high).toBeLessThanOrEqual(Math.max(...rewards));
    const history = report['history'] as { steps: number; mean: object }[];
    expect(history.map(({ steps }) => steps)).toEqual([2, 4]);
    expect(history[1]?.mean).toEqual(report['mean']);
    const { metadata } = decodeSafetensors(new Uint8Array(await readFile(at('seed-1.safetensors'))));
    expect(metadata['experiment']).toContain('"seed":1');
    const table = await run(...argv, '--seeds', '0,1');
    expect(table.out).toMatch(/BC-Diffusion +4 +2 /);
    const oneFile = await run(...argv, '--seeds', '0,1', '--save', 'one.safetensors');
    expect([oneFile.code, oneFile.err]).toEqual([2, expect.stringContaining('{seed}')]);
    const both = await run(...argv, '--seeds', '0,1', '--seed', '3');
    expect([both.code, both.out]).toEqual([2, '']);
  });

  it('lab bandit accepts every setting of the table, and the command that the page writes', async () => {
    const { out } = await run('bandit', '--help');
    for (const { name } of SETTING_FIELDS) expect(out).toContain(`--${name} `);
    const experiment: Experiment = {
      ...defaultExperiment(),
      data: { placement: 'custom', modes: [{ x: -0.5, y: 0.25, sigma: 0.1, reward: -2 }], painted: [] },
      settings: { hidden: 8, batchSize: 8, normalizeQ: false, schedule: 'cosine', diffusionSteps: 2, candidates: 2 },
      budget: 2,
      seed: 9,
    };
    const line = labCommand(experiment, 'diffusion-ql');
    const commandLine = line
      .slice(line.indexOf('-- ') + 3)
      .split(' ')
      .map((argument) => argument.replaceAll("'", ''));
    const report = await json(...commandLine, '--samples', '50', '--backend', 'cpu');
    expect(report).toMatchObject({ placement: 'custom', seed: 9, steps: 2 });
    expect(report['nearest']).toEqual([1]);
  });

  it.each([
    [['--batch', '0'], 'from 1 to 1024'],
    [['--lr', 'NaN'], 'from 0.000001 to 0.1'],
    [['--T', '2.5'], 'from 1 to 100'],
    [['--steps', '-1'], 'from 0 to 1000000'],
    [['--seed', '4294967296'], 'from 0 to 4294967295'],
    [['--samples', '1'], 'from 10 to 20000'],
    [['--schedule', 'steep'], 'vp, linear, cosine'],
    [['--normalize-q', 'maybe'], 'on or off'],
    [['--modes', '0,0,0.1'], 'x,y,sigma,reward'],
    [['--modes', '3,0,0.1,1'], 'x is a number from -1 to 1'],
    [['--placement', 'custom'], 'needs --modes'],
    [['--painted', '1zz'], 'painted points'],
  ])('lab bandit refuses %s with the allowed values and exit code 2', async (flags, message) => {
    const { code, out, err } = await run('bandit', '--method', 'bc-mle', ...flags);
    expect(err).toContain(message);
    expect([code, out]).toEqual([2, '']);
  });

  it('lab bandit answers a wrong flag or method with the list of right ones', async () => {
    const flag = await run('bandit', '--method', 'bc-mle', '--stepz', '3');
    expect(flag.code).toBe(2);
    for (const name of ['--stepz', '--steps', '--T', '--eta', '--json']) expect(flag.err).toContain(name);
    const method = await run('bandit', '--method', 'gan');
    expect([method.code, method.out]).toEqual([2, '']);
    for (const id of METHOD_IDS) expect(method.err).toContain(id);
    const command = await run('fly');
    expect([command.code, command.out]).toEqual([2, '']);
    for (const name of ['bandit', 'parity', 'pretrain', 'table', 'figure', 'eta-sweep']) {
      expect(command.err).toContain(name);
    }
    expect((await run('bandit')).code).toBe(2);
    expect((await run()).code).toBe(2);
  });
});

describe('the other commands', () => {
  it.each(['bandit', 'parity', 'pretrain', 'table', 'figure', 'eta-sweep'])(
    'lab %s --help prints its usage',
    async (name) => {
      const { code, out, err } = await run(name, '--help');
      expect([code, err]).toEqual([0, '']);
      expect(out).toContain(`Usage: lab ${name}`);
    },
  );

  it('lab eta-sweep draws a field for each η', async () => {
    const out = at('sweep.svg');
    const report = await json('eta-sweep', '--values', '0,2.5', '--steps', '2', '--out', out, '--T', '2', ...SMALL);
    expect((report['values'] as { eta: number }[]).map(({ eta }) => eta)).toEqual([0, 2.5]);
    const svg = await readFile(out, 'utf8');
    expect(svg).toMatch(/^<svg [\s\S]*η = 0[\s\S]*η = 2\.5[\s\S]*<\/svg>\n$/);
    expect(svg).not.toContain('NaN');
  });

  it('lab figure draws two rows, from runs and from saved weights', async () => {
    const first = at('first.svg');
    const second = at('second.svg');
    const common = ['figure', '--methods', 'bc-mle,bcq', '--steps', '3', '--steps-of', 'bcq=2', ...SMALL];
    const trained = await json(...common, '--out', first, '--save-weights', at());
    expect((trained['methods'] as { steps: number }[]).map(({ steps }) => steps)).toEqual([3, 2]);
    await json(...common, '--out', second, '--weights', at());
    const svg = await readFile(first, 'utf8');
    expect(svg).toContain('Behaviour cloning');
    expect(svg).toContain('learned Q');
    expect(await readFile(second, 'utf8')).toBe(svg);
  });

  it('lab table compares with the reference, row by row', async () => {
    const flags = ['--methods', 'bc-mle,bcq', '--max-steps', '4000', '--steps-scale', '0.0005'];
    const report = await json('table', ...flags, '--samples', '50', '--backend', 'cpu');
    const rows = report['rows'] as { method: string; steps: number; reference: object; outside: string[] }[];
    expect(rows.map(({ method, steps }) => `${method} ${steps}`)).toEqual(['bc-mle 2', 'bcq 2', 'bcq 2']);
    expect(rows[0]?.reference).toEqual({ inMode: [0.02, 0.03], mmd2: [0.2, 0.21], meanReward: [0.04, 0.07] });
  });

  it('lab pretrain writes small files with the weights that the page shows', async () => {
    const flags = ['--methods', 'bc-mmd,bcq', '--steps', '1', '--backend', 'cpu'];
    const report = await json('pretrain', '--out', at(), ...flags);
    const files = report['files'] as { file: string; bytes: number }[];
    expect(files.map(({ bytes }) => bytes).every((bytes) => bytes > 10_000 && bytes < 150_000)).toBe(true);
    expect((await stat(files[0]?.file ?? '')).size).toBe(files[0]?.bytes);
    const names = Object.keys(decodeSafetensors(new Uint8Array(await readFile(files[1]?.file ?? ''))).tensors);
    expect(names.filter((name) => name.startsWith('critic.q1_model'))).toHaveLength(8);
    expect(names.filter((name) => name.startsWith('critic.q2_model'))).toEqual([]);
  });

  it('lab parity names the file that it cannot read', async () => {
    const missing = await run('parity', at('nothing.safetensors'));
    expect([missing.code, missing.out]).toEqual([2, '']);
    expect(missing.err).toContain('nothing.safetensors could not be read');
  });
});

it('the lab ends its process with its exit code, and prints only JSON', () => {
  const spawn = (...argv: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/lab.ts', ...argv], { encoding: 'utf8' });
  const good = spawn('bandit', '--method', 'bc-mle', '--steps', '1', '--json', ...SMALL);
  expect(good.stderr).toBe('');
  expect(JSON.parse(good.stdout)).toHaveProperty('inMode');
  expect(good.status).toBe(0);
  const bad = spawn('bandit', '--method', 'bc-mle', '--wrong');
  expect([bad.status, bad.stdout]).toEqual([2, '']);
}, 60_000);

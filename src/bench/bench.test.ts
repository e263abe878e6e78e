import { describe, expect, it } from 'vitest';
import { pytorchChannel } from './hosts.ts';
import type { TimedBlock, RowReady, RowSpec } from './messages.ts';
import { isLevel } from './memory.ts';
import { dependentStages, operationsPerStep } from './operations.ts';
import { ratiosOf } from './ratios.ts';
import { labelOf, measureInTurn, type BenchRow, type Measurable, type MeasurementSchedule } from './rounds.ts';
import { median } from './statistics.ts';
import { TASKS } from './tasks.ts';

const SCHEDULE: MeasurementSchedule = { rounds: 3, warmMs: 100, blockMs: 100, enoughMs: 10_000, limitMs: 200 };
const silent = () => undefined;

function spec(change: Partial<RowSpec> = {}): RowSpec {
  return { name: 'd4rl-step', backend: 'wasm', path: 'fused', agents: 1, threads: 1, ...change };
}

function row(change: Partial<BenchRow>): BenchRow {
  const measured = { stepMs: 10, jsMs: null, kernels: null, dispatches: null, firstMs: 0, rounds: 1, steps: 1 };
  return { ...spec(), ...measured, device: '', note: null, ...change };
}

/** A fake row: it reports the given time per step without spending it. */
class FakeRow implements Measurable {
  readonly spec: RowSpec;
  readonly asked: number[] = [];
  closed = 0;
  readonly #stepMs: number;
  readonly #log: string[];

  constructor(row: RowSpec, stepMs: number, log: string[] = []) {
    this.spec = row;
    this.#stepMs = stepMs;
    this.#log = log;
  }

  async start(): Promise<RowReady> {
    return { device: 'fake', softwareAdapter: false, threads: 1, versions: {}, firstMs: 5 };
  }

  async run(steps: number): Promise<TimedBlock> {
    this.asked.push(steps);
    this.#log.push(this.spec.path);
    return { steps, ms: steps * this.#stepMs, jsMs: steps, kernels: 3 * steps, dispatches: null, loss: 1 };
  }

  async close(): Promise<void> {
    this.closed++;
  }
}

describe('the process of a row', () => {
  it('a row’s process that has ended rejects requests, pending and later ones', async () => {
    // Any program that reads no requests will do. Node prints an error and ends.
    const channel = await pytorchChannel(process.execPath, 1);
    const question = { run: 1 } as const;
    await expect(channel.ask(question)).rejects.toThrow(/It ended \(exit code 1\): .*Error/);
    await expect(channel.ask(question)).rejects.toThrow(/It ended \(exit code 1\): .*Error/);
    await channel.close();
    const nobody = await pytorchChannel('/no/such/program', 1);
    await expect(nobody.ask(question)).rejects.toThrow('ENOENT');
    await expect(nobody.ask(question)).rejects.toThrow('ENOENT');
  });
});

describe('median', () => {
  it.each([
    [[3], 3],
    [[3, 1], 2],
    [[9, 1, 2], 2],
    [[4, 1, 3, 100], 3.5],
  ])('median of %j is %d, and the median of nothing throws', (values, expected) => {
    expect(median(values)).toBe(expected);
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('the lower bound of a step', () => {
  // The numbers in docs/performance.md.
  it.each([
    ['d4rl-step', 2.436, 61],
    ['d4rl-step-max-q', 6.986, 61],
    ['bandit-ql-t50', 1.101, 411],
    ['bandit-ql-t5', 0.182, 51],
    ['bandit-bc', 0.02, 10],
  ] as const)('a %s step requires %d GFLOP in %d dependent stages', (name, operations, stages) => {
    expect(operationsPerStep(TASKS[name]) / 1e9).toBeCloseTo(operations, 3);
    expect(dependentStages(TASKS[name])).toBe(stages);
  });
});

describe('rows in turn', () => {
  it('the bench warms up, fits blocks to their time, and interleaves rounds across rows', async () => {
    const log: string[] = [];
    const slow = new FakeRow(spec({ path: 'plain' }), 40, log);
    const fast = new FakeRow(spec(), 0.5, log);
    const { rows, missing } = await measureInTurn([slow, fast], SCHEDULE, silent);
    expect(missing).toEqual([]);
    expect(slow.asked).toEqual([1, 2, 3, 3, 3]);
    expect(fast.asked).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 200, 200, 200]);
    expect(log.slice(-6)).toEqual(['plain', 'fused', 'plain', 'fused', 'plain', 'fused']);
    expect(rows.map(({ stepMs }) => stepMs)).toEqual([40, 0.5]);
    expect(rows[1]).toMatchObject({ jsMs: 1, kernels: 3, dispatches: null, rounds: 3, steps: 600, note: null });
    expect([slow.closed, fast.closed]).toEqual([1, 1]);
  });

  it('the bench puts several recorded steps into a submission, unless a block gets too long', async () => {
    const recorded = (change: Partial<RowSpec>, stepMs: number) =>
      new FakeRow(spec({ path: 'recorded', backend: 'webgpu', ...change }), stepMs);
    const rows = [recorded({}, 150), recorded({ agents: 8 }, 150), recorded({}, 7500), recorded({}, 2)];
    await measureInTurn(rows, { ...SCHEDULE, limitMs: 60_000 }, silent);
    expect(rows.map(({ asked }) => asked.at(-1))).toEqual([16, 2, 8, 50]);
  });

  it('the bench skips a row that has measured enough', async () => {
    const slow = new FakeRow(spec(), 6000);
    const { rows } = await measureInTurn([slow], SCHEDULE, silent);
    expect(rows[0]).toMatchObject({ rounds: 2, stepMs: 6000 });
  });

  it('the bench accepts a single step that lasts longer than all rounds may', async () => {
    const slow = new FakeRow(spec(), 20_000);
    const { rows } = await measureInTurn([slow], SCHEDULE, silent);
    expect(slow.asked).toEqual([1]);
    expect(rows[0]).toMatchObject({ rounds: 0, steps: 1, stepMs: 20_000, note: 'one step alone' });
  });

  it('the bench ends a row that exceeds its time limit, and reports it', async () => {
    const stuck = new FakeRow(spec(), 1);
    stuck.start = () => new Promise(() => undefined);
    const slow = new FakeRow(spec({ path: 'plain' }), 100);
    const run = slow.run.bind(slow);
    slow.run = async (steps) => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return run(steps);
    };
    const fine = new FakeRow(spec({ backend: 'cpu' }), 1);
    const { rows, missing } = await measureInTurn([stuck, slow, fine], { ...SCHEDULE, rounds: 50 }, silent);
    expect(missing).toEqual([{ ...stuck.spec, reason: 'cut short after 0 s, trying to set up' }]);
    expect(rows.map(labelOf)).toEqual(['d4rl-step, plain on wasm', 'd4rl-step, fused on cpu']);
    expect(rows[0]?.note).toMatch(/^cut short after 0 s, trying to run round \d+ of 50$/);
    expect(rows[0]?.stepMs).toBe(100);
    expect(rows[1]).toMatchObject({ rounds: 50, note: null });
  });

  it('the bench reports rows that fail, and rows whose loss is not finite', async () => {
    const failing = new FakeRow(spec(), 1);
    failing.start = () => Promise.reject(new Error('no adapter'));
    const diverged = new FakeRow(spec({ path: 'plain' }), 1);
    const run = diverged.run.bind(diverged);
    diverged.run = async (steps) => ({ ...(await run(steps)), loss: Number.NaN });
    const { rows, missing } = await measureInTurn([failing, diverged], SCHEDULE, silent);
    expect(missing.map(({ reason }) => reason)).toEqual(['no adapter']);
    expect(rows.map(({ note }) => note)).toEqual(['its loss is not finite']);
  });
});

describe('ratios', () => {
  it('bench ratios compare rows of the same step and name their target', () => {
    const rows = [
      row({ path: 'plain', stepMs: 100 }),
      row({ stepMs: 20 }),
      row({ path: 'pytorch', backend: 'cpu', stepMs: 30 }),
      row({ name: 'bandit-bc', stepMs: 2 }),
    ];
    expect(ratiosOf(rows)).toEqual([
      { ratio: 'fused / plain, wasm', name: 'd4rl-step', value: 5, goal: 4 },
      { ratio: 'fused on wasm / PyTorch eager on the CPU', name: 'd4rl-step', value: 1.5, goal: 0.5 },
    ]);
  });

  it('bench ratios compare rows with equal thread counts', () => {
    const pytorch = row({ path: 'pytorch', backend: 'cpu', threads: 2, stepMs: 9 });
    expect(ratiosOf([row({}), pytorch])).toEqual([]);
    expect(ratiosOf([row({}), row({ threads: 2, stepMs: 6 }), pytorch])).toEqual([
      { ratio: 'fused on wasm / PyTorch eager on the CPU, 2 threads', name: 'd4rl-step', value: 1.5, goal: null },
      { ratio: '2 threads / 1, fused on wasm', name: 'd4rl-step', value: 10 / 6, goal: null },
    ]);
  });

  it('bench ratios of batched agents count one step per agent', () => {
    const one = row({ path: 'recorded', backend: 'webgpu', stepMs: 2 });
    const [ratio] = ratiosOf([one, { ...one, agents: 8, stepMs: 4 }]);
    expect(ratio).toEqual({ ratio: '8 agents / 1, recorded on webgpu', name: 'd4rl-step', value: 4, goal: 3 });
  });
});

it('memory is level if tensors, bytes and GPU buffers are equal, whatever the process holds', () => {
  const sample = { tensors: 5, bytes: 100, gpuBytes: null, processBytes: 1 };
  expect(isLevel(sample, { ...sample, processBytes: 2 })).toBe(true);
  expect(isLevel(sample, { ...sample, tensors: 6 })).toBe(false);
  expect(isLevel({ ...sample, gpuBytes: 1 }, { ...sample, gpuBytes: 2 })).toBe(false);
});

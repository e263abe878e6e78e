import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { MethodRun } from './method-run.ts';
import type { Divergence } from '../../experiment/divergence.ts';
import type { StepRunner } from '../../experiment/webgpu-step-runner.ts';
import { Submissions } from './submissions.ts';

/** A run whose submissions are done when the test says so. */
class ManualRun {
  step = 0;
  readonly counts: number[] = [];
  readonly #waiting: { resolve(found: Divergence | null): void; reject(error: Error): void }[] = [];

  trainRecorded(_recorded: StepRunner, count: number): Promise<Divergence | null> {
    this.step += count;
    this.counts.push(count);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  finish(found: Divergence | null = null): void {
    this.#waiting.shift()?.resolve(found);
  }

  fail(): void {
    this.#waiting.shift()?.reject(new Error('The device is gone.'));
  }
}

const TAKER: StepRunner = { submitsTogether: true, run: () => Promise.resolve([]), clear: () => undefined };

function setUp() {
  const run = new ManualRun();
  const submissions = new Submissions();
  const queue = (most = 1000) => submissions.queue(run as unknown as MethodRun, TAKER, most);
  return { run, submissions, queue };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

it('queues a second submission before the first is done, and no third', async () => {
  const { run, submissions, queue } = setUp();
  expect(await queue()).toBeNull();
  let second = false;
  const queued = queue().then((done) => {
    second = true;
    return done;
  });
  await Promise.resolve();
  expect(run.step).toBe(2);
  expect(second).toBe(false);
  run.finish();
  expect(await queued).toMatchObject({ steps: 1, divergence: null });
  run.finish({ quantity: 'loss', step: 2 });
  expect(await submissions.drain()).toMatchObject({ steps: 1, divergence: { quantity: 'loss', step: 2 } });
  expect(await submissions.drain()).toBeNull();
});

it('a submission has as many steps as fit its duration, and no more than are asked for', async () => {
  const { run, submissions, queue } = setUp();
  const turn = async (msAStep: number) => {
    await queue();
    vi.advanceTimersByTime(msAStep * (run.counts.at(-1) ?? 0));
    run.finish();
    await submissions.drain();
  };
  for (let turns = 0; turns < 8; turns++) await turn(0.1);
  expect(run.counts).toEqual([1, 2, 4, 8, 16, 32, 64, 64]);
  for (let turns = 0; turns < 2; turns++) await turn(4);
  expect(run.counts.slice(-2)).toEqual([64, 5]);
  await queue(3);
  expect(run.counts.at(-1)).toBe(3);
});

it('a failure reaches its own caller, also if another fails before', async () => {
  const { run, submissions, queue } = setUp();
  await queue();
  const second = queue();
  run.fail();
  run.fail();
  await expect(second).rejects.toThrow('The device is gone.');
  await expect(submissions.drain()).rejects.toThrow('The device is gone.');
  expect(await submissions.drain()).toBeNull();
});

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startBackend } from '../tensor/backend.ts';
import { OutOfMemoryError } from '../tensor/memory.ts';
import { reportGpuError } from '../tensor/webgpu/errors.ts';
import type { StepReport, StepRunner } from '../experiment/webgpu-step-runner.ts';
import { smallDataset, smallExperiment } from './testing.ts';
import { LocomotionTrainer } from './trainer.ts';

/** A GPU that takes 10 ms a step, one submission after the other. */
const STEP_MS = 10;
const gpu = vi.hoisted(() => ({ counts: [] as number[], step: 0, fails: null as Error | null }));

vi.mock('../experiment/step-runner.ts', () => ({
  createStepRunner: (algorithm: { step: number }): StepRunner => {
    let busy: Promise<unknown> = Promise.resolve();
    return {
      submitsTogether: true,
      clear: () => undefined,
      run: async (count) => {
        if (gpu.fails) throw gpu.fails;
        const steps = Math.min(count, 64);
        gpu.counts.push(steps);
        const first = algorithm.step;
        algorithm.step += steps;
        busy = busy.then(() => void vi.advanceTimersByTime(STEP_MS * steps));
        await busy;
        return Array.from({ length: steps }, (_, i): StepReport => ({ step: first + i + 1, losses: { bcLoss: 1 } }));
      },
    };
  },
}));

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

async function trainer(): Promise<LocomotionTrainer> {
  await startBackend('cpu');
  return new LocomotionTrainer(smallExperiment('bc'), smallDataset());
}

it('a slow GPU gets submissions of a few steps, not of a whole slice', async () => {
  const run = await trainer();
  await run.train(100);
  expect(run.step).toBe(100);
  expect(Math.max(...gpu.counts) * STEP_MS).toBeLessThan(50);
  run.dispose();
});

it('a locomotion run stops at an uncaught GPU error', async () => {
  const run = await trainer();
  await run.train(3);
  vi.spyOn(console, 'error').mockReturnValueOnce();
  reportGpuError('Binding size is too large.');
  await expect(run.train(3)).rejects.toThrow('The GPU reports an error: Binding size is too large.');
  expect(run.step).toBe(3);
  run.dispose();
});

it('a locomotion step out of memory names the size requested and a batch that fits', async () => {
  const run = await trainer();
  gpu.fails = new OutOfMemoryError(320e6, 128e6);
  await expect(run.train(5)).rejects.toThrow(
    /a gradient step with a batch of \d+ asks for 320 MB at once, where a tensor may have 128 MB\. A batch of \d+ would fit\./,
  );
  run.dispose();
});

import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { onGpuError, startBackend, stopBackend } from '../tensor/backend.ts';
import { StreamDraws } from '../tensor/stream-draws.ts';
import { maxDifference, startAsOnGpu, startWithDefaultLimits } from '../tensor/testing.ts';
import { readVariables } from '../tensor/variables.ts';
import { createStepRunner } from '../experiment/step-runner.ts';
import { Transitions } from './data.ts';
import { fusedAlgorithm } from './paths.ts';
import { TASKS, tiny } from './tasks.ts';

const STEPS = 4;
/** A whole D4RL step with the widths of its task, on networks small enough to compile quickly. */
const SMALL = tiny(TASKS['d4rl-step']);
const TASK = { ...SMALL, config: { ...SMALL.config, diffusionSteps: 3 } };

interface Trained {
  losses: Record<string, number>[];
  weights: Record<string, Float32Array>;
}

/** Trains by recorded steps; the first step runs unrecorded. */
async function train(): Promise<Trained> {
  const algorithm = fusedAlgorithm(TASK);
  const data = new Transitions(TASK);
  const steps = createStepRunner(algorithm, new StreamDraws(0), (draws) => data.drawBatch(draws));
  const losses: Record<string, number>[] = [];
  while (algorithm.step < STEPS) {
    for (const report of (await steps?.run(STEPS - algorithm.step)) ?? []) losses.push(report.losses);
  }
  const weights = await readVariables(algorithm.variables);
  steps?.clear();
  algorithm.dispose();
  data.dispose();
  return { losses, weights };
}

/** Trains step by step, without recording. */
async function trainPlainly(): Promise<Trained> {
  const algorithm = fusedAlgorithm(TASK);
  const data = new Transitions(TASK);
  const draws = new StreamDraws(0);
  const losses: Record<string, number>[] = [];
  while (algorithm.step < STEPS) {
    draws.at(algorithm.step);
    const scalars = algorithm.trainStep(data.drawBatch(draws), draws);
    const values: Record<string, number> = {};
    for (const [name, scalar] of Object.entries(scalars)) {
      values[name] = (await scalar.data())[0] as number;
      scalar.dispose();
    }
    losses.push(values);
  }
  const weights = await readVariables(algorithm.variables);
  algorithm.dispose();
  data.dispose();
  return { losses, weights };
}

const errors: string[] = [];
let reference: Trained;

beforeAll(async () => {
  onGpuError((message) => errors.push(message));
  await startBackend('wasm');
  reference = await train();
  stopBackend();
}, 180_000);

afterEach(() => {
  stopBackend();
  expect(errors).toEqual([]);
});

// Kernels split for a GPU, with as much work as fits into one dispatch.
describe.each([
  { device: 'a device with WebGPU’s default limits alone', start: startWithDefaultLimits },
  { device: 'a device with more', start: startAsOnGpu },
])('$device', ({ start }) => {
  it('recorded Diffusion-QL steps on a GPU give the losses and weights of wasm', async () => {
    await start();
    const found = await train();
    expect(found.losses).toHaveLength(STEPS);
    found.losses.forEach((losses, step) => {
      expect(Object.keys(losses)).toEqual(Object.keys(reference.losses[step] ?? {}));
      for (const [name, value] of Object.entries(losses)) {
        const other = reference.losses[step]?.[name] as number;
        expect(Math.abs(value - other), `${name}, step ${step + 1}`).toBeLessThan(1e-4 * Math.max(1, Math.abs(other)));
      }
    });
    expect(Object.keys(found.weights)).toEqual(Object.keys(reference.weights));
    for (const [name, values] of Object.entries(found.weights)) {
      expect(maxDifference(values, reference.weights[name] ?? []), name).toBeLessThan(1e-4);
    }
    // Merged dispatches run the same code on the same rows, so their bits are equal.
    expect(await trainPlainly()).toEqual(found);
  }, 180_000);
});

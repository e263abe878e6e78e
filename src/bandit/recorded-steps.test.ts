import { engine, memory, square, sum, tensor1d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { expect, it, vi } from 'vitest';
import { METHOD_IDS, type MethodId } from './methods.ts';
import { createAlgorithm } from './registry.ts';
import { gpuProfile, setGpuProfile } from '../tensor/backend-state.ts';
import { startBackend } from '../tensor/backend.ts';
import { compileAhead } from '../tensor/compile-ahead.ts';
import { StreamDraws } from '../tensor/stream-draws.ts';
import { describeOnBackends } from '../tensor/testing.ts';
import { readVariables } from '../tensor/variables.ts';
import { valuesOf } from '../tensor/wasm/tensors.ts';
import { WasmRecording } from '../tensor/wasm/wasm-recording.ts';
import { BANDIT_WIDTHS, BanditTask } from './task.ts';
import { defaultExperiment, methodSettings, type Experiment } from './experiment.ts';
import type { WebGpuStepRunner, StepRunner } from '../experiment/webgpu-step-runner.ts';
import { createStepRunner } from '../experiment/step-runner.ts';

const BATCH = 12;

function small(): Experiment {
  return { ...defaultExperiment(), settings: { hidden: 12, diffusionSteps: 3, emaStart: 2, emaEvery: 3 } };
}

function setUp(method: MethodId, experiment = small()) {
  const task = new BanditTask(experiment.data, 3);
  const draws = new StreamDraws(3);
  const algorithm = createAlgorithm(method, methodSettings(experiment, method), BANDIT_WIDTHS, 3);
  const steps = createStepRunner(algorithm, draws, (from) => task.drawBatch(from, BATCH)) as StepRunner;
  return { task, draws, algorithm, steps };
}

describeOnBackends(
  'a recorded step',
  () => {
    it.each([...METHOD_IDS.map((method) => [method, method === 'diffusion-ql' ? 200 : 20] as const)])(
      'recorded steps of %s give the same bits as unrecorded ones, over %i steps',
      async (method, count) => {
        const plain = setUp(method);
        const losses: Record<string, number>[] = [];
        for (let step = 0; step < count; step++) {
          plain.draws.at(step);
          const batch = plain.task.drawBatch(plain.draws, BATCH);
          const metrics = plain.algorithm.trainStep(batch, plain.draws);
          const row: Record<string, number> = {};
          for (const [name, scalar] of Object.entries(metrics)) {
            if (step % 10 === 0) row[name] = (await scalar.data())[0] as number;
            scalar.dispose();
          }
          losses.push(row);
          batch.actions.dispose();
          batch.rewards.dispose();
        }
        const recorded = setUp(method);
        while (recorded.algorithm.step < count) {
          for (const { step, losses: found } of await recorded.steps.run(
            Math.min(7, count - recorded.algorithm.step),
          )) {
            if ((step - 1) % 10 === 0) expect(found).toEqual(losses[step - 1]);
          }
        }
        expect(await readVariables(recorded.algorithm.variables)).toEqual(
          await readVariables(plain.algorithm.variables),
        );
        recorded.steps.clear();
      },
      120_000,
    );

    it('a recording reads η and the rates at each step', async () => {
      const plain = setUp('diffusion-ql');
      const recorded = setUp('diffusion-ql');
      // As on a GPU: networks in one dispatch.
      const profile = gpuProfile();
      setGpuProfile({ ...profile, aggressiveFusion: true });
      for (let step = 0; step < 6; step++) {
        const live = { eta: step, learningRate: 1e-3 / (step + 1) };
        plain.algorithm.configure(live);
        plain.draws.at(step);
        const batch = plain.task.drawBatch(plain.draws, BATCH);
        for (const scalar of Object.values(plain.algorithm.trainStep(batch, plain.draws))) scalar.dispose();
        recorded.algorithm.configure(live);
        await recorded.steps.run(1);
      }
      setGpuProfile(profile);
      expect(await readVariables(recorded.algorithm.variables)).toEqual(await readVariables(plain.algorithm.variables));
    }, 120_000);
  },
  ['wasm', 'wasm with relaxed SIMD', 'webgpu'],
);

describeOnBackends(
  'recorded steps in submissions',
  () => {
    it('two submissions of recorded steps may be pending at a time', async () => {
      const [inTurn, overlapping] = [setUp('diffusion-ql'), setUp('diffusion-ql')];
      for (const count of [1, 3, 4, 2]) await inTurn.steps.run(count);
      await overlapping.steps.run(1);
      const taking = [overlapping.steps.run(3), overlapping.steps.run(4)];
      expect(overlapping.algorithm.step).toBe(8);
      await expect(overlapping.steps.run(2)).rejects.toThrow('At most 2 submissions');
      const reports = (await Promise.all(taking)).flat();
      expect(reports.map(({ step }) => step)).toEqual([2, 3, 4, 5, 6, 7, 8]);
      await overlapping.steps.run(2);
      expect(await readVariables(overlapping.algorithm.variables)).toEqual(
        await readVariables(inTurn.algorithm.variables),
      );
      for (const { steps } of [inTurn, overlapping]) steps.clear();
    }, 120_000);

    // Of sizes that no other test has compiled for.
    it.each([
      { on: 'a software adapter', hidden: 8, as: {} },
      { on: 'a GPU', hidden: 9, as: { software: false, aggressiveFusion: true } },
    ])(
      'a step on $on finds every shader compiled ahead, fused ones too',
      async ({ hidden, as }) => {
        const profile = gpuProfile();
        setGpuProfile({ ...profile, ...as });
        const { settings, ...others } = small();
        const { steps, algorithm } = setUp('diffusion-ql', { ...others, settings: { ...settings, hidden } });
        const { device } = engine().backend as unknown as { device: GPUDevice };
        const compiled = ['createComputePipeline', 'createComputePipelineAsync'] as const;
        const calls = compiled.map((name) => vi.spyOn(device, name));
        const total = () => calls.reduce((sum, { mock }) => sum + mock.calls.length, 0);
        const reported: [done: number, of: number][] = [];
        await compileAhead([() => (steps as WebGpuStepRunner).dryRun()], (...progress) => reported.push(progress));
        expect(algorithm.step).toBe(0);
        const ahead = total();
        expect(ahead).toBeGreaterThan(20);
        expect(reported).toEqual(Array.from({ length: reported.length }, (_, done) => [done, reported.length - 1]));
        expect(reported.length).toBeGreaterThan(20);
        await steps.run(1);
        expect(total()).toBe(ahead);
        for (const call of calls) call.mockRestore();
        setGpuProfile(profile);
        steps.clear();
      },
      120_000,
    );
  },
  ['webgpu'],
);

describeOnBackends(
  'a step recorded on wasm',
  () => {
    it('a recorded step leaves no tensor and no memory behind', async () => {
      const before = memory();
      const { steps, algorithm, task } = setUp('bear-mmd');
      await steps.run(10);
      const settled = heapUsed();
      const tensors = memory().numTensors;
      await steps.run(50);
      expect(heapUsed()).toBe(settled);
      expect(memory().numTensors).toBe(tensors);
      steps.clear();
      algorithm.dispose();
      task.dispose();
      expect(memory().numTensors).toBe(before.numTensors);
      expect(memory().numDataBuffers).toBe(before.numDataBuffers);
    });

    it('a recorded step may not read values that a replay would miss', () => {
      const x = tensor1d([1, 2]);
      const read = () => {
        valuesOf(x)[0] = 3;
        return { x };
      };
      expect(() => WasmRecording.capture(read)).toThrow('cannot be recorded');
      x.dispose();
    });

    it('a recorded step reuses memory, and keeps only its scalars', () => {
      const x = tensor1d(new Float32Array(32).fill(2));
      const place = ({ dataId }: Tensor) => (engine().backend as BackendWasm).getMemoryOffset(dataId);
      const places: number[] = [];
      const step = () => {
        const values = tidy(() => {
          let last: Tensor = square(x);
          // Each is let go once the next is made of it.
          for (let i = 0; i < 3; i++) {
            const next = square(last);
            places.push(place(last));
            last.dispose();
            last = next;
          }
          return sum(last);
        });
        return { values };
      };
      const recording = WasmRecording.capture(step);
      expect(places[2]).toBe(places[0]);
      expect(places[1]).not.toBe(places[0]);
      expect(recording.first).toEqual({ values: 32 * 2 ** 16 });
      expect(recording.run()).toEqual(recording.first);
      recording.dispose();
      const keeping = () => {
        square(x).dispose();
        return { kept: square(x) };
      };
      expect(() => WasmRecording.capture(keeping)).toThrow('keeps a tensor it made ([32])');
      x.dispose();
    });

    it('a step is recorded again for another number of threads, with the same bits', async () => {
      const [plain, disturbed] = [setUp('td3-bc-gaussian'), setUp('td3-bc-gaussian')];
      await plain.steps.run(6);
      await disturbed.steps.run(3);
      await startBackend('wasm', { threads: 1, relaxedSimd: false });
      await disturbed.steps.run(3);
      expect(await readVariables(disturbed.algorithm.variables)).toEqual(
        await readVariables(plain.algorithm.variables),
      );
      for (const { steps } of [plain, disturbed]) steps.clear();
    });
  },
  ['wasm'],
);

/** How many tensors of tfjs have memory on the wasm heap. */
function heapUsed(): number {
  return engine().backend.numDataIds();
}

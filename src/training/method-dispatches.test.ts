import { engine } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { METHOD_IDS, type MethodId } from '../algorithms/catalogue.ts';
import { createAlgorithm } from '../algorithms/registry.ts';
import { setGpuProfile } from '../tensor/backend-state.ts';
import { startBackend } from '../tensor/backend.ts';
import { rehearse } from '../tensor/compile-ahead.ts';
import { packScalars } from '../tensor/noted-step.ts';
import { StreamDraws } from '../tensor/stream-draws.ts';
import { BANDIT_WIDTHS, BanditTask } from './bandit-task.ts';
import { defaultExperiment, methodSettings } from './experiment.ts';

const BUFFERS = 16;

/** Most dispatches of a recorded step of the fast preset, on a GPU that binds as many buffers. */
const MOST: Readonly<Record<MethodId, number>> = {
  'bc-mle': 9,
  'bc-cvae': 14,
  'bc-mmd': 19,
  'bc-diffusion': 6,
  'td3-bc-gaussian': 18,
  'td3-bc': 6,
  'td3-bc-mdn': 24,
  bcq: 20,
  'bear-mmd': 27,
  'diffusion-ql': 12,
};

beforeAll(async () => {
  await startBackend('webgpu');
  const { device } = engine().backend as unknown as { device: GPUDevice };
  // What is counted need not be compiled.
  device.createComputePipelineAsync = () => new Promise(() => undefined);
  setGpuProfile({ software: false, workgroupMemory: 32768, mergesAll: true });
}, 60_000);

it.each(METHOD_IDS)('a step of %s has no dispatch of tfjs, and few of ours on a GPU', (method) => {
  const experiment = defaultExperiment();
  const settings = methodSettings(experiment, method);
  const [task, draws] = [new BanditTask(experiment.data, 0), new StreamDraws(0).at(0)];
  const algorithm = createAlgorithm(method, settings, BANDIT_WIDTHS, 0);
  const limits = { buffers: BUFFERS, workgroups: 65535, memory: 32768, all: true };
  // Where there is one of tfjs, nothing is put together.
  const merged = rehearse(
    () => packScalars(algorithm.trainStep(task.drawBatch(draws, settings.batchSize), draws)),
    limits,
  );
  algorithm.dispose();
  task.dispose();
  expect(merged.length).toBeGreaterThan(0);
  expect(merged.length).toBeLessThanOrEqual(MOST[method]);
});

import { engine } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { setGpuProfile } from '../tensor/backend-state.ts';
import { startBackend } from '../tensor/backend.ts';
import { rehearse } from '../tensor/compile-ahead.ts';
import { packScalars } from '../tensor/noted-step.ts';
import { StreamDraws } from '../tensor/stream-draws.ts';
import { Transitions } from './data.ts';
import { fusedAlgorithm } from './paths.ts';
import { TASKS, type TaskName } from './tasks.ts';

beforeAll(async () => {
  await startBackend('webgpu');
  const { device } = engine().backend as unknown as { device: GPUDevice };
  // What is counted need not be compiled.
  device.createComputePipelineAsync = () => new Promise(() => undefined);
  // As on a GPU.
  setGpuProfile({ software: false, workgroupMemory: 32768, mergesAll: true });
}, 60_000);

/** The dispatches of a recorded step on a GPU that binds so many buffers, each as the names of what it is made of. */
function dispatchesOf(name: TaskName, buffers: number): string[] {
  const task = TASKS[name];
  const [algorithm, data, draws] = [fusedAlgorithm(task), new Transitions(task), new StreamDraws(0).at(0)];
  const limits = { buffers, workgroups: 65535, memory: 32768, all: true };
  const merged = rehearse(() => packScalars(algorithm.trainStep(data.drawBatch(draws), draws)), limits);
  algorithm.dispose();
  data.dispose();
  return merged.map((sequences) =>
    sequences.map((each) => each.map(({ part }) => `${part?.name}[${part?.workgroups[0]}]`).join(' → ')).join(' + '),
  );
}

it.each([
  { name: 'd4rl-step', buffers: 8, at: 27 },
  { name: 'd4rl-step', buffers: 10, at: 24 },
  { name: 'd4rl-step', buffers: 12, at: 19 },
  { name: 'd4rl-step', buffers: 16, at: 14 },
  { name: 'd4rl-step-max-q', buffers: 16, at: 16 },
  { name: 'bandit-ql-t50', buffers: 16, at: 12 },
] as const)('$name on a GPU that binds $buffers buffers is $at dispatches', ({ name, buffers, at }) => {
  const found = dispatchesOf(name, buffers);
  expect(found.length, found.join('\n')).toBe(at);
});

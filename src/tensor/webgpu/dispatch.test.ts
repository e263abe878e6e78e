import { engine } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { onGpuError, startBackend, stopBackend } from '../backend.ts';
import { compilePipeline, internalsOf, pendingPipelines } from './dispatch.ts';

beforeAll(async () => {
  await startBackend('webgpu');
}, 60_000);

afterAll(stopBackend);

/** Doubles a number. */
const TWICE = {
  name: 'Twice',
  key: '',
  bindings: [{ name: 'one' }, { name: 'twice', access: 'write' as const }],
  wgsl: () => '@compute @workgroup_size(1)\nfn main() {\n  twice[0] = 2.0 * one[0];\n}',
};

it('a kernel whose compilation failed is compiled again at the next call', async () => {
  const backend = engine().backend as WebGPUBackend;
  const { device } = internalsOf(backend);
  const failing = vi.spyOn(device, 'createComputePipelineAsync').mockRejectedValueOnce(new Error('out of memory'));
  const failed = compilePipeline(TWICE, device);
  // Calls in between share the compilation.
  expect(compilePipeline(TWICE, device)).toBe(failed);
  expect(pendingPipelines(backend)).toEqual([failed]);
  await expect(failed).rejects.toThrow('out of memory');
  expect(pendingPipelines(backend)).toEqual([]);
  const pipeline = await compilePipeline(TWICE, device);
  expect(pipeline.label).toBe('Twice');
  expect(compilePipeline(TWICE, device)).toBe(pipeline);
  expect(failing).toHaveBeenCalledTimes(2);
  expect(pendingPipelines(backend)).toEqual([]);
}, 60_000);

it('the error of a kernel that does not compile has its name and the line of its WGSL', async () => {
  const { device } = engine().backend as unknown as { device: GPUDevice };
  const messages: string[] = [];
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const stopListening = onGpuError((message) => messages.push(message));
  const wgsl = () => '@compute @workgroup_size(1)\nfn main() {\n  out[0] = in[0] + nothing;\n}';
  const bindings = [{ name: 'in' }, { name: 'out', access: 'write' as const }];
  device.pushErrorScope('validation');
  await expect(compilePipeline({ name: 'Broken', key: '', bindings, wgsl }, device)).rejects.toThrow();
  expect(await device.popErrorScope()).not.toBeNull();
  await vi.waitFor(() => {
    expect(messages).toHaveLength(1);
  });
  stopListening();
  quiet.mockRestore();
  expect(messages[0]).toMatch(
    /^The kernel Broken does not compile: line 3, .*nothing.* in "out\[0\] = in\[0\] \+ nothing;"$/s,
  );
}, 60_000);

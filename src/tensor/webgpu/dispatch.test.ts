import { engine } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { onGpuError, startBackend, stopBackend } from '../backend.ts';
import { compileAhead } from './dispatch.ts';

beforeAll(async () => {
  await startBackend('webgpu');
}, 60_000);

afterAll(stopBackend);

it('a kernel that does not compile is named, with the line of its own WGSL', async () => {
  const { device } = engine().backend as unknown as { device: GPUDevice };
  const heard: string[] = [];
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const stopListening = onGpuError((message) => heard.push(message));
  const wgsl = () => '@compute @workgroup_size(1)\nfn main() {\n  out[0] = in[0] + nothing;\n}';
  const bindings = [{ name: 'in' }, { name: 'out', access: 'write' as const }];
  device.pushErrorScope('validation');
  await expect(compileAhead({ name: 'Broken', key: '', bindings, wgsl }, device)).rejects.toThrow();
  expect(await device.popErrorScope()).not.toBeNull();
  await vi.waitFor(() => {
    expect(heard).toHaveLength(1);
  });
  stopListening();
  quiet.mockRestore();
  expect(heard[0]).toMatch(
    /^The kernel Broken does not compile: line 3, .*nothing.* in "out\[0\] = in\[0\] \+ nothing;"$/s,
  );
}, 60_000);

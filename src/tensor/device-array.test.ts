import { memory, tensor1d } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { backendMemory } from './backend-memory.ts';
import { startBackend } from './backend.ts';
import { releaseDeviceArray, deviceArrays, deviceArrayTensor } from './device-array.ts';

// As on a page that is not isolated: memory that grows detaches every array on it.
beforeAll(async () => {
  vi.stubGlobal('crossOriginIsolated', false);
  await startBackend('wasm');
});
afterAll(() => vi.unstubAllGlobals());

describe('device arrays in memory that is not shared', () => {
  it('device arrays survive the growth of memory for one another, and still become tensors later', async () => {
    const start = backendMemory();
    expect(start.shared).toBe(false);
    const before = memory().numTensors;
    const rows = Math.ceil(start.wasm! / 12);
    const [left, right] = deviceArrays([
      [rows, 3],
      [rows, 2],
    ]) as [Float32Array, Float32Array];
    expect([left.length, right.length]).toEqual([3 * rows, 2 * rows]);
    left.fill(3);
    right.fill(2);
    const grown = backendMemory().wasm!;
    expect(grown).toBeGreaterThan(start.wasm!);
    const more = tensor1d(new Float32Array(grown / 4));
    expect(backendMemory().wasm).toBeGreaterThan(grown);
    expect(left).toHaveLength(0);

    const tensor = deviceArrayTensor(left, [rows, 3]);
    expect(tensor.shape).toEqual([rows, 3]);
    const values = await tensor.data();
    expect(values.every((value) => value === 3)).toBe(true);
    expect(memory().numTensors).toBe(before + 3);
    releaseDeviceArray(right);
    // Its tensor owns the memory now, so that this does nothing.
    releaseDeviceArray(left);
    expect(memory().numTensors).toBe(before + 2);
    for (const each of [tensor, more]) each.dispose();
    expect(memory().numTensors).toBe(before);
  });
});

import { add, engine, zeros } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { startBackend } from './backend.ts';
import { guardHeap, megabytes, OutOfMemoryError } from './memory.ts';

it('megabytes formats a number of bytes', () => {
  expect(megabytes(1_536_000)).toBe('1.5 MB');
  expect(megabytes(2_147_483_648)).toBe('2,147 MB');
});

it('an allocation on a full heap throws, and one that fits does not', () => {
  const heap = { _malloc: (bytes: number) => (bytes > 1000 ? 0 : 64), _free: () => undefined };
  guardHeap(heap);
  guardHeap(heap);
  expect(heap._malloc(1000)).toBe(64);
  expect(() => heap._malloc(5_000_000)).toThrow(new OutOfMemoryError(5_000_000, null));
});

it('tfjs’ WebAssembly heap throws instead of returning address 0 when it is full', async () => {
  await startBackend('wasm');
  const { wasm } = engine().backend as unknown as { wasm: { _malloc(bytes: number): number } };
  expect(() => wasm._malloc(2 ** 32 - 2 ** 16)).toThrow('Out of memory: 4,295 MB were asked for');
});

it('the error for a tensor beyond what a GPU can bind names the limit', async () => {
  await startBackend('webgpu');
  expect(() => add(zeros([2 ** 32]), 1)).toThrow(/^Out of memory: 17,180 MB were asked for, and one tensor may have/);
});

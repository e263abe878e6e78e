import { add, engine, zeros } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { startBackend } from './backend.ts';
import { guardHeap, megabytes, OutOfMemoryError } from './memory.ts';

it('says sizes in words', () => {
  expect(megabytes(1_536_000)).toBe('1.5 MB');
  expect(megabytes(2_147_483_648)).toBe('2,147 MB');
});

it('lets a heap that is full throw, and none that has room', () => {
  const heap = { _malloc: (bytes: number) => (bytes > 1000 ? 0 : 64), _free: () => undefined };
  guardHeap(heap);
  guardHeap(heap);
  expect(heap._malloc(1000)).toBe(64);
  expect(() => heap._malloc(5_000_000)).toThrow(new OutOfMemoryError(5_000_000, null));
});

it('does not give the heap’s beginning away when WebAssembly has no room', async () => {
  await startBackend('wasm');
  const { wasm } = engine().backend as unknown as { wasm: { _malloc(bytes: number): number } };
  expect(() => wasm._malloc(2 ** 32 - 2 ** 16)).toThrow('Out of memory: 4,295 MB were asked for');
});

it('names what a GPU can bind when a tensor is larger', async () => {
  await startBackend('webgpu');
  expect(() => add(zeros([2 ** 32]), 1)).toThrow(/^Out of memory: 17,180 MB were asked for, and one tensor may have/);
});

import { matMul, ones, tidy } from '@tensorflow/tfjs-core';
import { expect, it, vi } from 'vitest';
import { describeOnBackends } from './testing.ts';

describeOnBackends(
  'waiting for the software driver',
  () => {
    it('leaves the cores to what computes: Dawn asked whether it was done thirty times a millisecond', async () => {
      const asked = globalThis.setImmediate;
      let questions = 0;
      globalThis.setImmediate = Object.assign((...given: Parameters<typeof setImmediate>) => {
        questions++;
        return asked(...given);
      }, asked);
      const since = performance.now();
      const product = tidy(() => matMul(ones([256, 256]), ones([256, 256])));
      expect((await product.data())[0]).toBe(256);
      globalThis.setImmediate = asked;
      product.dispose();
      // A timer of a millisecond never comes sooner; others ask a few times as well.
      expect(questions).toBeLessThan(2 * (performance.now() - since) + 20);
    });

    it('makes nobody else wait', async () => {
      const timers = vi.spyOn(globalThis, 'setTimeout');
      await new Promise((done) => setImmediate(done));
      const value = await new Promise((done) => setImmediate(() => done('a value')));
      expect(value).toBe('a value');
      expect(timers).not.toHaveBeenCalled();
      timers.mockRestore();
    });
  },
  ['webgpu'],
);

import { matMul, ones, tidy } from '@tensorflow/tfjs-core';
import { expect, it, vi } from 'vitest';
import { describeOnBackends } from './testing.ts';

describeOnBackends(
  'throttleDevicePolling',
  () => {
    it('Dawn polls the software driver about once a millisecond, not thirty times', async () => {
      const original = globalThis.setImmediate;
      let polls = 0;
      globalThis.setImmediate = Object.assign((...given: Parameters<typeof setImmediate>) => {
        polls++;
        return original(...given);
      }, original);
      const since = performance.now();
      const product = tidy(() => matMul(ones([256, 256]), ones([256, 256])));
      expect((await product.data())[0]).toBe(256);
      globalThis.setImmediate = original;
      product.dispose();
      // A timer of a millisecond never fires sooner; others call setImmediate a few times as well.
      expect(polls).toBeLessThan(2 * (performance.now() - since) + 20);
    });

    it('setImmediate of others is not delayed by the throttling', async () => {
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

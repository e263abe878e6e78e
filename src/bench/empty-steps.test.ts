import { expect, it } from 'vitest';
import { describeOnBackends } from '../tensor/testing.ts';
import { EMPTY_DISPATCHES, EmptySteps } from './empty-steps.ts';

describeOnBackends(
  'steps of empty dispatches',
  () => {
    it('steps of empty dispatches run every dispatch over several submissions', async () => {
      const steps = await EmptySteps.create();
      expect((await steps.run(70)).loss).toBe(70 * EMPTY_DISPATCHES);
      const { jsMs, loss } = await steps.run(2);
      expect(loss).toBe(72 * EMPTY_DISPATCHES);
      expect(jsMs).toBeGreaterThan(0);
      steps.dispose();
    });
  },
  ['webgpu'],
);

import { expect, it } from 'vitest';
import type { MethodRun } from './method-run.ts';
import { SamplingBudget } from './schedule.ts';

it('a method whose look costs more than a second is looked at again: panels froze for good on a software GPU', () => {
  const run = { stale: true, step: 40, evaluated: { step: 20, at: 0, cost: 3 } } as unknown as MethodRun;
  const looks = new SamplingBudget();
  looks.start(0);
  expect(looks.next([run], 5000, () => false)).toBeNull();
  looks.train(60);
  expect(looks.next([run], 65_000, () => false)).toBe(run);
});

it('a method held to a few steps a second is looked at in the time between them: panels stood still for a minute', () => {
  const run = { stale: true, step: 40, evaluated: { step: 20, at: 0, cost: 0.5 } } as unknown as MethodRun;
  const looks = new SamplingBudget();
  looks.start(0);
  // Five steps of a millisecond a second.
  for (let step = 0; step < 5; step++) {
    looks.train(0.001);
    looks.idle(0.199);
  }
  expect(looks.next([run], 5000, () => false)).toBe(run);
});

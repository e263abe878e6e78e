import { expect, it } from 'vitest';
import type { MethodRun } from './method-run.ts';
import { SamplingBudget } from './schedule.ts';

it('a method whose evaluation takes over a second is evaluated again (panels froze on a software GPU)', () => {
  const run = { stale: true, step: 40, evaluated: { step: 20, at: 0, cost: 3 } } as unknown as MethodRun;
  const budget = new SamplingBudget();
  budget.start(0);
  expect(budget.next([run], 5000, () => false)).toBeNull();
  budget.train(60);
  expect(budget.next([run], 65_000, () => false)).toBe(run);
});

it('a method limited to a few steps a second is evaluated between them (panels froze for a minute)', () => {
  const run = { stale: true, step: 40, evaluated: { step: 20, at: 0, cost: 0.5 } } as unknown as MethodRun;
  const budget = new SamplingBudget();
  budget.start(0);
  // Five steps of a millisecond a second.
  for (let step = 0; step < 5; step++) {
    budget.train(0.001);
    budget.idle(0.199);
  }
  expect(budget.next([run], 5000, () => false)).toBe(run);
});

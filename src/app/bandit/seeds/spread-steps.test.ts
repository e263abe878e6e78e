import { expect, it } from 'vitest';
import { spreadSteps } from './spread-steps.ts';

const at = (...steps: number[]) => steps.map((step) => ({ step }));

it('spreadSteps returns all rows below the limit', () => {
  expect(spreadSteps([], 3)).toEqual([]);
  expect(spreadSteps(at(1, 5, 6), 3)).toEqual(at(1, 5, 6));
});

it('spreadSteps selects rows nearest to even steps, with both ends', () => {
  expect(spreadSteps(at(0, 1, 2, 3, 48, 52, 97, 100), 3)).toEqual(at(0, 48, 100));
  expect(spreadSteps(at(...Array.from({ length: 101 }, (_, i) => i)), 5)).toEqual(at(0, 25, 50, 75, 100));
});

it('spreadSteps selects no row twice if steps are unevenly spaced', () => {
  expect(spreadSteps(at(0, 1, 2, 3, 4, 100), 5)).toEqual(at(0, 4, 100));
});

import { expect, it } from 'vitest';
import { allocateCores } from './core-allocation.ts';

it.each([
  [1, 1, 1, true],
  [2, 1, 1, true],
  [3, 1, 1, false],
  [4, 1, 2, false],
  [16, 1, 6, false],
  // Of a page that is isolated from other origins, whose kernels have helpers.
  [3, 2, 2, true],
  [4, 3, 3, true],
  [8, 4, 3, false],
])(
  'with %i cores and %i training threads, %i workers run rollouts (training pauses: %s)',
  (machine, threads, players, takesTurns) => {
    expect(allocateCores(machine, threads)).toEqual({ players, takesTurns });
  },
);

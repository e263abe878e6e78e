/** What returns are shown as: D4RL's normalised score, or the return itself where a body has no reference returns. */
import { normalizedScore } from '../datasets/reference-returns.ts';
import { referenceReturnsOf } from '../environments/bodies/index.ts';
import { LOCOMOTION_TASKS, type LocomotionTaskId } from './tasks.ts';

export interface Measure {
  /** Whether it is a score. */
  normalised: boolean;
  /** "Normalised score", "Return" */
  name: string;
  /** Decimals that are worth writing. */
  digits: number;
  /** Of a return. */
  of: (value: number) => number;
  /** Why it is no score; null where it is one. */
  note: string | null;
}

/** @param environment a body's name */
export function measureOf(environment: string): Measure {
  const reference = referenceReturnsOf(environment);
  return reference
    ? {
        normalised: true,
        name: 'Normalised score',
        digits: 1,
        of: (value) => normalizedScore(value, reference),
        note: null,
      }
    : {
        normalised: false,
        name: 'Return',
        digits: 0,
        of: (value) => value,
        note: `There are no reference returns of ${environment}: no score can be computed, and returns stand as they are.`,
      };
}

export function measureOfTask(task: LocomotionTaskId): Measure {
  return measureOf(LOCOMOTION_TASKS[task].environment);
}

/** How returns are shown: as D4RL's normalised score, or unchanged if a body has no reference returns. */
import { normalizedScore } from '../datasets/reference-returns.ts';
import { referenceReturnsOf } from '../environments/bodies/index.ts';
import { LOCOMOTION_TASKS, type LocomotionTaskId } from './tasks.ts';

export interface ScoreFormat {
  /** Whether it is the normalised score. */
  normalised: boolean;
  /** "Normalised score", "Return" */
  name: string;
  /** Decimals to show. */
  digits: number;
  /** Converts a return. */
  of: (value: number) => number;
  /** Why it is not a score; null if it is. */
  note: string | null;
}

/** @param environment a body's name */
export function scoreFormatOf(environment: string): ScoreFormat {
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

export function scoreFormatOfTask(task: LocomotionTaskId): ScoreFormat {
  return scoreFormatOf(LOCOMOTION_TASKS[task].environment);
}

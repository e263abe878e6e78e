/** Describes what is invalid in an experiment of the bandit or of locomotion. */
import type { z } from 'zod';
import { isRecord, describeValue } from './unknown-values.ts';

/** For each invalid field of `raw`, what it holds and what would be valid, from the error of its schema. */
export function experimentProblems(error: z.ZodError, raw: unknown): string {
  const problems = error.issues.flatMap((issue) => {
    const where = issue.path.map(String).join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => `${where ? `${where}.` : ''}${key}: there is no such field`);
    }
    const value = issue.path.reduce<unknown>(
      (at, key) => (isRecord(at) || Array.isArray(at) ? Reflect.get(at, key) : undefined),
      raw,
    );
    // An object in place of a value has a message of zod's own.
    const right = issue.code === 'invalid_type' && issue.expected === 'object' ? 'an object' : issue.message;
    return [`${where || 'experiment'}: ${describeValue(value)} is not ${right}`];
  });
  return `This is no right experiment. ${[...new Set(problems)].join('; ')}.`;
}

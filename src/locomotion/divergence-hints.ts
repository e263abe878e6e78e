/** Hints for a run whose critic or losses diverge: settings that its method reads. */
import { locomotionReads, type LocomotionMethodId } from './methods.ts';
import type { LocomotionKey } from './settings.ts';

const HINTS: readonly (readonly [LocomotionKey, string])[] = [
  ['eta', 'a lower η'],
  ['criticLearningRate', 'a lower rate of the critic'],
  ['gradientClip', 'a gradient clip'],
];

/** "a lower η, a lower rate of the critic or a gradient clip"; "a lower rate" where the method has none of them. */
export function divergenceHints(method: LocomotionMethodId): string {
  const found = HINTS.filter(([key]) => locomotionReads(method, key)).map(([, hint]) => hint);
  const last = found.pop() ?? 'a lower rate';
  return found.length === 0 ? last : `${found.join(', ')} or ${last}`;
}

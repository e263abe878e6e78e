/** The bodies by the names that datasets have for them. */
import { LOCOMOTION } from '../datasets/reference-returns.ts';

/** The body that a text of a manifest means ("hopper", "Hopper-v2", "hopper-medium-v2"), or null. */
export function bodyOfName(environment: string | null): string | null {
  const name = environment?.toLowerCase().match(/^[a-z0-9]+/)?.[0] ?? null;
  return name !== null && Object.hasOwn(LOCOMOTION, name) ? name : null;
}

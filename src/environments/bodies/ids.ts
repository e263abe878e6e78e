/**
 * Ids and names of the bodies, without their models: a page reads a link and shows a list before it loads a model.
 * A body is one folder here, a row in this table and a row in `index.ts`.
 */
export const BODY_NAMES = {
  hopper: { label: 'Hopper', gym: 'Hopper' },
  halfcheetah: { label: 'Half-cheetah', gym: 'HalfCheetah' },
  walker2d: { label: 'Walker2d', gym: 'Walker2d' },
} as const satisfies Record<string, { label: string; gym: string }>;

export type EnvironmentId = keyof typeof BODY_NAMES;

export const ENVIRONMENT_IDS = Object.keys(BODY_NAMES) as readonly EnvironmentId[];

export function isEnvironmentId(name: string): name is EnvironmentId {
  return Object.hasOwn(BODY_NAMES, name);
}

/** The body that a manifest's text names ("hopper", "Hopper-v2", "hopper-medium-v2"), or null. */
export function parseEnvironmentId(environment: string | null): EnvironmentId | null {
  const name = environment?.toLowerCase().match(/^[a-z0-9]+/)?.[0] ?? '';
  return isEnvironmentId(name) ? name : null;
}

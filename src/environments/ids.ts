/** Names of the bodies, in a module of their own: a page can read them in a link without loading any model. */
export const ENVIRONMENT_IDS = ['hopper', 'halfcheetah', 'walker2d'] as const;
export type EnvironmentId = (typeof ENVIRONMENT_IDS)[number];

export function isEnvironmentId(name: string): name is EnvironmentId {
  return (ENVIRONMENT_IDS as readonly string[]).includes(name);
}

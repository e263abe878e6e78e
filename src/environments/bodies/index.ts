/** All bodies: Gym's locomotion environments in version 2, which recorded D4RL's data. */
import type { BodyDefinition } from './body.ts';
import { HALFCHEETAH } from './halfcheetah/body.ts';
import { HOPPER } from './hopper/body.ts';
import { ENVIRONMENT_IDS, isEnvironmentId, type EnvironmentId } from './ids.ts';
import { WALKER2D } from './walker2d/body.ts';

export const BODIES: Readonly<Record<EnvironmentId, BodyDefinition>> = {
  hopper: HOPPER,
  halfcheetah: HALFCHEETAH,
  walker2d: WALKER2D,
};

/** An episode is cut after so many steps: a timeout, not an end. */
export const EPISODE_STEPS = 1000;

/** The returns that a body's scores are normalised with, or null where there are none. */
export function referenceReturnsOf(environment: string): BodyDefinition['referenceReturns'] | null {
  return isEnvironmentId(environment) ? BODIES[environment].referenceReturns : null;
}

/** What an importer of files compares rows with, as plain data that a worker can receive. */
export const KNOWN_BODIES = Object.fromEntries(
  ENVIRONMENT_IDS.map((id) => {
    const { observations, actions, referenceReturns } = BODIES[id];
    return [id, { observations, actions, referenceReturns }];
  }),
);

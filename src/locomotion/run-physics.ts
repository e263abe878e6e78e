/** In which physics a run's points are played: all of them in the same, so that they compare. */
import {
  DEFAULT_VARIANT,
  PHYSICS_VARIANTS,
  physicsLabel,
  type PhysicsVariant,
} from '../environments/physics-variant.ts';
import type { StoredRun } from './stored-run.ts';

export interface RunPhysics {
  variant: PhysicsVariant;
  /** With the engine's version, as the run notes it. */
  physics: string;
}

/**
 * The physics that a run goes on in: its own, or where it has no points, and its own are not here, those of one that begins.
 *
 * @param version of the engine that is here
 * @throws Error if it has points, and their physics are not here.
 */
export function physicsOf({ physics, points }: Pick<StoredRun, 'physics' | 'points'>, version: string): RunPhysics {
  const own = PHYSICS_VARIANTS.find((variant) => physicsLabel(variant, version) === physics);
  if (own) return { variant: own, physics };
  const here = physicsLabel(DEFAULT_VARIANT, version);
  if (points.length > 0) {
    throw new Error(
      `The run has points that were played in ${physics}, and this page has ${here}: further ones would not compare. Its curves and checkpoints can still be exported.`,
    );
  }
  return { variant: DEFAULT_VARIANT, physics: here };
}

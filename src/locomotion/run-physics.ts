/** The physics of a run's evaluations: the same for all points, so that they are comparable. */
import {
  DEFAULT_VARIANT,
  PHYSICS_VARIANTS,
  physicsLabel,
  type PhysicsVariant,
} from '../environments/physics-variant.ts';
import type { StoredRun } from './stored-run.ts';

export interface RunPhysics {
  variant: PhysicsVariant;
  /** The label with the engine's version, as stored in the run. */
  physics: string;
}

/**
 * The physics for a run's next points: its own, or the default if it has no points and its own is not available.
 *
 * @param version of the installed engine
 * @throws Error if it has points in a physics that is not available.
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

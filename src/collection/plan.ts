/** The behaviours of a collection, in a module that a form can load without the collector. */
import { type PhysicsVariant } from '../environments/physics-variant.ts';
import type { EnvironmentId } from '../environments/bodies/ids.ts';
import { type BehaviourPolicies } from './files.ts';

/**
 * - `random`: uniform actions;
 * - `medium`: a policy of about a third of the best return, with noise on its actions;
 * - `medium-replay`: a sample of what training saw before it reached that policy;
 * - `medium-expert`: half and half;
 * - `expert`: the best policy.
 */
export const BEHAVIOURS = ['random', 'medium', 'medium-replay', 'medium-expert', 'expert'] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

export interface CollectionPlan {
  readonly environment: EnvironmentId;
  readonly variant: PhysicsVariant;
  readonly behaviour: Behaviour;
  /** Rows. */
  readonly steps: number;
  readonly seed: number;
  /** One file per seed; none are needed for `random`. */
  readonly policies: readonly BehaviourPolicies[];
}

export interface CollectOptions {
  signal?: AbortSignal;
  /** Rows so far, and in all. */
  onProgress?: (rows: number, total: number) => void;
}

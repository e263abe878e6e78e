/** Who plays when data are collected: names that a form can list without loading what collects. */
import { type PhysicsVariant } from '../environments/physics-variant.ts';
import type { EnvironmentId } from '../environments/bodies/ids.ts';
import { type BehaviourPolicies } from './files.ts';

/**
 * - `random`: uniform actions;
 * - `medium`: a policy of about a third of the best return, with noise on its actions;
 * - `medium-replay`: what training saw on its way to that policy, thinned out to the steps asked for;
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
  /** One file a seed; none are needed for `random`. */
  readonly policies: readonly BehaviourPolicies[];
}

export interface CollectOptions {
  signal?: AbortSignal;
  /** Rows so far, and of all. */
  onProgress?: (rows: number, total: number) => void;
}

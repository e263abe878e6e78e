/** Who plays when data are collected: names that a form can list without loading what collects. */

/**
 * - `random`: uniform actions;
 * - `medium`: a policy of about a third of the best return, with noise on its actions;
 * - `medium-replay`: what training saw on its way to that policy, thinned out to the steps asked for;
 * - `medium-expert`: half and half;
 * - `expert`: the best policy.
 */
export const BEHAVIOURS = ['random', 'medium', 'medium-replay', 'medium-expert', 'expert'] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

/**
 * The interface of an algorithm. An algorithm has its networks, its losses and the order of a step. It knows nothing of
 * plots, workers or backends, and every random number comes from outside.
 */
import type { Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import type { Network } from '../networks/network.ts';
import type { Draws } from '../tensor/draws.ts';

/** Transitions of one gradient step. B rows, state width S, action width A. */
export interface Batch {
  /** [B, S] */
  states: Tensor2D;
  /** [B, A], in [-1, 1]. */
  actions: Tensor2D;
  /** [B, 1] */
  rewards: Tensor2D;
  /** [B, S]; absent where there is no next step (the bandit). */
  nextStates?: Tensor2D;
  /** [B, 1], 1 where the episode continues; absent where there is no next step. */
  notDone?: Tensor2D;
}

/** Scalars that a step reports, by name. The caller disposes them. */
export type StepMetrics = Record<string, Tensor>;

/** Widths of states and actions. */
export interface Widths {
  stateWidth: number;
  actionWidth: number;
}

export interface Algorithm {
  /** The networks of policy and critic by role, which are exported and imported. */
  readonly networks: Readonly<Record<string, Network>>;
  /**
   * Everything needed besides `step` to continue with the same bits: parameters, moving averages, optimiser moments. By
   * name, in a fixed order. Values are updated in place: never reassign them.
   */
  readonly variables: Readonly<Record<string, Variable>>;
  /** Gradient steps done. */
  step: number;
  /** One gradient step; adds one to `step`. */
  trainStep(batch: Batch, draws: Draws): StepMetrics;
  /**
   * The kind of the step after `step`, if kinds differ: a delayed update of the policy, or a live setting that changes
   * the operations of a step. Each kind is recorded once.
   */
  stepKind?(step: number): string;
  /** Actions [N, A] for states [N, S]. */
  sample(states: Tensor2D, draws: Draws): Tensor2D;
  /** Q1 [N, 1]; absent without a critic. */
  qValues?(states: Tensor2D, actions: Tensor2D): Tensor2D;
  /** The reverse process, R + 1 tensors [N, A] from noise to action; absent where there is none. */
  denoise?(states: Tensor2D, draws: Draws): Tensor2D[];
  /** Changes live hyperparameters (`live` in the table of settings) and ignores others. */
  configure(settings: Record<string, unknown>): void;
  dispose(): void;
}

/** Sets the live settings whose type fits, and ignores the others. */
export function applyLive<C extends object>(
  config: C,
  live: readonly (keyof C)[],
  settings: Record<string, unknown>,
): void {
  for (const key of live) {
    const value = settings[key as string];
    if (value !== undefined && typeof value === typeof config[key]) config[key] = value as C[keyof C];
  }
}

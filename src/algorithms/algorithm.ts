/**
 * What every algorithm offers. An algorithm knows its networks, its losses and the order of a step; it knows nothing
 * of plots, workers or backends, and takes every random number from outside.
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
  /** [B, 1], 1 where the episode goes on; absent where there is no next step. */
  notDone?: Tensor2D;
}

/** Scalars that a step reports, by the field's term. The caller disposes them. */
export type StepMetrics = Record<string, Tensor>;

/** Widths of what an algorithm sees and does. */
export interface Widths {
  stateWidth: number;
  actionWidth: number;
}

export interface Algorithm {
  /** Networks that make up the policy and the critic, by role: what is exported and imported. */
  readonly networks: Readonly<Record<string, Network>>;
  /**
   * Everything that must be kept to go on bit for bit, besides `step`: parameters, moving averages, optimiser
   * moments. By name, in a fixed order. Values are updated in place: never reassign them.
   */
  readonly variables: Readonly<Record<string, Variable>>;
  /** Gradient steps done. */
  step: number;
  /** One gradient step; adds one to `step`. */
  trainStep(batch: Batch, draws: Draws): StepMetrics;
  /**
   * Which of a few different steps the step after `step` is, where they are not all alike: a delayed update of the
   * policy, or a live setting that changes what is computed.
   */
  stepKind?(step: number): string;
  /** Actions [N, A] for states [N, S], as the method acts. */
  sample(states: Tensor2D, draws: Draws): Tensor2D;
  /** Q1 [N, 1]; absent without a critic. */
  qValues?(states: Tensor2D, actions: Tensor2D): Tensor2D;
  /** The reverse process, R + 1 tensors [N, A] from noise to action; absent where there is none. */
  denoise?(states: Tensor2D, draws: Draws): Tensor2D[];
  /** Changes hyperparameters that are live (`live` in the table of settings); others are ignored. */
  configure(settings: Record<string, unknown>): void;
  dispose(): void;
}

/** Sets those of the settings that are live, where the type fits; others are left alone. */
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

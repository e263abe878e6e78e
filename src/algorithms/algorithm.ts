/**
 * What every algorithm offers. An algorithm knows its networks, its losses and the order of a step; it knows nothing
 * of plots, workers or backends, and takes every random number from outside.
 */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
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

export interface Algorithm<Config = unknown> {
  /** Hyperparameters; those that are live may be changed between steps. */
  readonly config: Config;
  /** Every network by its name, in a fixed order: what is saved, exported, compared. */
  readonly networks: Readonly<Record<string, Network>>;
  /** Gradient steps done. */
  step: number;
  /** One gradient step. */
  trainStep(batch: Batch, draws: Draws): StepMetrics;
  /** Actions [N, A] for states [N, S], as the method acts. */
  sample(states: Tensor2D, draws: Draws): Tensor2D;
  /** Q1 [N, 1]; absent without a critic. */
  qValues?(states: Tensor2D, actions: Tensor2D): Tensor2D;
  /** The reverse process [R+1][N, A], from noise to action; absent where there is none. */
  denoise?(states: Tensor2D, draws: Draws): Tensor2D[];
  /** Optimiser moments and other state beyond the networks' parameters, by name. */
  readonly state: Readonly<Record<string, Float32Array | number>>;
  dispose(): void;
}

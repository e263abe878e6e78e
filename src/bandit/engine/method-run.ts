/** One method in training: its algorithm, its clock, its latest losses, and states to go back to. */
import { concat, reshape, tidy, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { Algorithm, Batch, StepMetrics } from '../../algorithms/algorithm.ts';
import { METHODS, type MethodId } from '../methods.ts';
import type { Draws } from '../../tensor/draws.ts';
import { readVariables, writeVariables } from '../../tensor/variables.ts';
import { explainOutOfMemory } from '../../experiment/out-of-memory.ts';
import type { StepReport, StepRunner } from '../../experiment/webgpu-step-runner.ts';
import { SnapshotStore } from './snapshots.ts';
import { allFinite, type Divergence } from '../../experiment/divergence.ts';

/** Everything needed to continue with the same bits. */
interface TrainingState {
  step: number;
  seconds: number;
  values: Record<string, Float32Array>;
}

/** Training seconds over which the rate is averaged. */
const RATE_WINDOW_SECONDS = 1;

export class MethodRun {
  readonly method: MethodId;
  readonly algorithm: Algorithm;
  readonly batchSize: number;
  readonly recorded: StepRunner | null;
  readonly snapshots = new SnapshotStore();
  /** Seconds spent training. */
  seconds = 0;
  stepsPerSecond = 0;
  /** Latest value of each loss. */
  losses: Record<string, number> = {};
  /** The last finite states, oldest first, at most two. */
  finiteStates: TrainingState[] = [];
  /** The step at which the method stops, set by `step(count)`. */
  target = Number.POSITIVE_INFINITY;
  /** What stopped the method, until it is rolled back. */
  divergence: Divergence | null = null;
  /** Whether the last frame is out of date. */
  stale = false;
  /** The last evaluation: its step, its time, and the mean cost in seconds. */
  evaluated = { step: -1, at: Number.NEGATIVE_INFINITY, cost: 0 };
  #unread: { step: number; metrics: StepMetrics }[] = [];
  /** The step of the latest losses. */
  #reported = 0;
  #window = { steps: 0, seconds: 0 };

  /** @param recorded runs recorded steps; null where steps cannot be recorded. */
  constructor(method: MethodId, algorithm: Algorithm, batchSize: number, recorded: StepRunner | null = null) {
    this.recorded = recorded;
    this.method = method;
    this.algorithm = algorithm;
    this.batchSize = batchSize;
  }

  get step(): number {
    return this.algorithm.step;
  }

  /** Steps whose losses were not read yet. */
  get unread(): number {
    return this.#unread.length;
  }

  /** One gradient step. `addTime` reports its time. */
  train(batch: Batch, draws: Draws): void {
    let metrics: StepMetrics;
    try {
      metrics = this.algorithm.trainStep(batch, draws);
    } catch (error) {
      throw explainOutOfMemory(error, METHODS[this.method].name, this.batchSize);
    }
    this.#unread.push({ step: this.step, metrics });
    this.stale = true;
  }

  /** Up to `count` recorded steps, and their losses. */
  async trainRecorded(recorded: StepRunner, count: number): Promise<Divergence | null> {
    const reports = await recorded.run(count).catch((error: unknown) => {
      throw explainOutOfMemory(error, METHODS[this.method].name, this.batchSize);
    });
    this.stale = true;
    return this.record(reports);
  }

  /**
   * Stores the losses of steps, and returns the first that is not finite. Submissions may finish out of order, since one
   * may wait for a shader; the losses of the latest step are kept.
   */
  record(reports: readonly StepReport[]): Divergence | null {
    for (const { step, losses } of reports) {
      if (step > this.#reported) {
        this.losses = losses;
        this.#reported = step;
      }
      for (const [quantity, value] of Object.entries(losses)) if (!Number.isFinite(value)) return { quantity, step };
    }
    return null;
  }

  addTime(seconds: number, steps: number): void {
    this.seconds += seconds;
    const window = this.#window;
    window.steps += steps;
    window.seconds += seconds;
    if (window.seconds > 0) this.stepsPerSecond = window.steps / window.seconds;
    if (window.seconds > RATE_WINDOW_SECONDS) this.#window = { steps: window.steps / 2, seconds: window.seconds / 2 };
  }

  /** Reads all unread losses at once, and returns the first that is not finite. */
  async readLosses(): Promise<Divergence | null> {
    const unread = this.#unread;
    if (unread.length === 0) return null;
    this.#unread = [];
    const scalars: Tensor[] = unread.flatMap(({ metrics }) => Object.values(metrics));
    const packed = tidy(() => concat(scalars.map((scalar) => reshape(scalar, [1]))));
    for (const scalar of scalars) scalar.dispose();
    const values = await packed.data();
    packed.dispose();
    let divergence: Divergence | null = null;
    let at = 0;
    for (const { step, metrics } of unread) {
      this.losses = {};
      for (const quantity of Object.keys(metrics)) {
        const value = values[at++] as number;
        this.losses[quantity] = value;
        if (!divergence && !Number.isFinite(value)) divergence = { quantity, step };
      }
      if (divergence) break;
    }
    return divergence;
  }

  /** Stores all variables as the newest finite state, or returns the first quantity that is not finite. */
  async storeFiniteState(): Promise<Divergence | null> {
    if (this.finiteStates.at(-1)?.step === this.step) return null;
    const state: TrainingState = {
      step: this.step,
      seconds: this.seconds,
      values: await readVariables(this.algorithm.variables),
    };
    for (const [quantity, values] of Object.entries(state.values)) {
      if (!allFinite(values)) return { quantity, step: state.step };
    }
    this.finiteStates = [...this.finiteStates.slice(-1), state];
    return null;
  }

  /** Restores a state. */
  restore(state: TrainingState): void {
    writeVariables(this.algorithm.variables, state.values);
    this.algorithm.step = state.step;
    this.seconds = state.seconds;
    this.#reported = state.step;
    this.stepsPerSecond = 0;
    this.#window = { steps: 0, seconds: 0 };
    this.#dropUnread();
    this.finiteStates = this.finiteStates.filter(({ step }) => step <= state.step);
    this.snapshots.truncate(state.step);
    this.divergence = null;
    this.evaluated.step = -1;
    this.stale = true;
  }

  dispose(): void {
    this.#dropUnread();
    this.recorded?.clear();
    this.algorithm.dispose();
  }

  #dropUnread(): void {
    for (const { metrics } of this.#unread) for (const scalar of Object.values(metrics)) scalar.dispose();
    this.#unread = [];
  }
}

/**
 * The variables that a diffusion policy samples with, by "role/part": what a snapshot stores for its reverse process.
 * Empty for other methods.
 */
export function policyVariables(method: MethodId, algorithm: Algorithm): Record<string, Variable> {
  const variables: Record<string, Variable> = {};
  if (!METHODS[method].isDiffusion) return variables;
  for (const [role, network] of Object.entries(algorithm.networks)) {
    if (role.startsWith('critic')) continue;
    for (const [part, variable] of Object.entries(network.variables)) variables[`${role}/${part}`] = variable;
  }
  return variables;
}

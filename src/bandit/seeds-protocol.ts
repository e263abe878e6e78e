/** The messages between the page and the worker that trains other seeds. */
import type { MethodId } from './methods.ts';
import type { MeanInterval } from '../math/statistics.ts';
import type { BanditMetrics } from '../math/bandit-metrics.ts';
import type { Experiment } from './experiment.ts';
import type { BackendId } from './engine/protocol.ts';

/** The name of a worker that trains other seeds. */
export const SEEDS_WORKER_NAME = 'seeds';

/** The metrics and losses of the page's run at a step, by name. */
export interface ShownRow {
  step: number;
  values: Readonly<Record<string, number>>;
}

export interface SeedsJob {
  /** The experiment of the page's run, whose seed is not trained here. */
  experiment: Experiment;
  method: MethodId;
  backend: BackendId;
  /** The other seeds. */
  seeds: readonly number[];
  /** The steps to evaluate at, ascending; training stops at the last. */
  shown: readonly ShownRow[];
}

/** One of the other seeds at a step, evaluated like a frame of the page's run. */
export interface SeedRow {
  seed: number;
  metrics: BanditMetrics;
  losses: Record<string, number>;
}

/** All seeds at a step, without those that diverged before. */
export interface SeedsPoint {
  step: number;
  others: SeedRow[];
  /** Means over the page's run and the others, of each quantity that all of them have. */
  means: Record<string, MeanInterval>;
}

/** A seed that diverged, and is left out from then on. */
export interface LostSeed {
  seed: number;
  quantity: string;
  step: number;
}

export type SeedsEvent =
  /** Gradient steps of all other seeds, about four times a second. */
  | { type: 'progress'; done: number; total: number }
  | { type: 'point'; point: SeedsPoint }
  | { type: 'lost'; lost: LostSeed };

export interface SeedsEngine {
  /**
   * Trains the other seeds to the steps of the job, from their present step if only the steps are new. Resolves after
   * its events were handled.
   *
   * @returns whether they reached the steps; false if they were paused or given another job
   */
  train(job: SeedsJob, notify: (event: SeedsEvent) => Promise<void> | void): Promise<boolean>;
  /** Stops training until the next job. */
  pause(): Promise<void>;
}

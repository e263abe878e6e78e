/** What the page and the worker that trains other seeds say to each other. */
import type { MethodId } from './methods.ts';
import type { MeanInterval } from '../math/aggregate.ts';
import type { BanditMetrics } from '../math/statistics.ts';
import type { Experiment } from './experiment.ts';
import type { BackendId } from './engine/protocol.ts';

/** The name of a worker that trains other seeds. */
export const SEEDS_WORKER = 'seeds';

/** What the run on show was at a step: figures and losses, by name. */
export interface ShownRow {
  step: number;
  values: Readonly<Record<string, number>>;
}

export interface SeedsJob {
  /** As the run on show has it. Its seed is that run's, which is not trained here. */
  experiment: Experiment;
  method: MethodId;
  backend: BackendId;
  /** The other seeds. */
  seeds: readonly number[];
  /** Where to measure, by ascending steps: the last is where they stop. */
  shown: readonly ShownRow[];
}

/** What one of the other seeds was at a step, measured as a frame of the run on show. */
export interface SeedRow {
  seed: number;
  metrics: BanditMetrics;
  losses: Record<string, number>;
}

/** All seeds at a step, but those that were lost before. */
export interface SeedsPoint {
  step: number;
  others: SeedRow[];
  /** Over the run on show and the others, of each quantity that all of them have. */
  means: Record<string, MeanInterval>;
}

/** A seed that turned non-finite, and is left out from then on. */
export interface LostSeed {
  seed: number;
  quantity: string;
  step: number;
}

export type SeedsEvent =
  /** Gradient steps of all other seeds together, some four times a second. */
  | { type: 'progress'; done: number; total: number }
  | { type: 'point'; point: SeedsPoint }
  | { type: 'lost'; lost: LostSeed };

export interface SeedsEngine {
  /**
   * Trains the other seeds to the steps of the job, on from where they are if only the steps are new. It returns after
   * what it told was heard.
   *
   * @returns whether they got there; not if they were told to rest, or given another job
   */
  train(job: SeedsJob, tell: (event: SeedsEvent) => Promise<void> | void): Promise<boolean>;
  /** Has them stay where they are until the next job. */
  pause(): Promise<void>;
}

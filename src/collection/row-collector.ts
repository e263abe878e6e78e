/** Collects rows of episodes for a dataset. */
import type { RowSource } from '../datasets/arrays.ts';
import type { EpisodeResult } from '../environments/rollouts/protocol.ts';
import { BODIES } from '../environments/bodies/index.ts';
import type { CollectionPlan, CollectOptions } from './plan.ts';

export class RowCollector {
  readonly #plan: CollectionPlan;
  readonly #widths: { observations: number; actions: number };
  readonly #observations: Float32Array;
  readonly #actions: Float32Array;
  readonly #rewards: Float32Array;
  readonly #terminals: Uint8Array;
  readonly #timeouts: Uint8Array;
  readonly #onProgress: CollectOptions['onProgress'];
  /** Rows so far. */
  rows = 0;

  constructor(plan: CollectionPlan, onProgress: CollectOptions['onProgress']) {
    const { observations, actions } = BODIES[plan.environment];
    this.#plan = plan;
    this.#widths = { observations, actions };
    this.#observations = new Float32Array(plan.steps * observations);
    this.#actions = new Float32Array(plan.steps * actions);
    this.#rewards = new Float32Array(plan.steps);
    this.#terminals = new Uint8Array(plan.steps);
    this.#timeouts = new Uint8Array(plan.steps);
    this.#onProgress = onProgress;
  }

  /** Adds at most `most` rows of an episode; a cut episode ends with a timeout. @returns the rows added. */
  add({ rows, steps, terminal }: EpisodeResult, most: number): number {
    const taken = Math.min(most, steps);
    if (taken <= 0 || !rows) return 0;
    const { observations, actions } = this.#widths;
    this.#observations.set(rows.observations.subarray(0, taken * observations), this.rows * observations);
    this.#actions.set(rows.actions.subarray(0, taken * actions), this.rows * actions);
    this.#rewards.set(rows.rewards.subarray(0, taken), this.rows);
    this.rows += taken;
    if (terminal && taken === steps) this.#terminals[this.rows - 1] = 1;
    else this.#timeouts[this.rows - 1] = 1;
    this.report(this.rows);
    return taken;
  }

  /** Reports how many rows are played, of all. */
  report(rows: number): void {
    this.#onProgress?.(rows, this.#plan.steps);
  }

  source(): RowSource {
    const floats = (columns: number | null, values: Float32Array) => ({
      dtype: 'float32' as const,
      columns,
      read: (begin: number, end: number) => values.subarray(begin * (columns ?? 1), end * (columns ?? 1)),
    });
    const flags = (values: Uint8Array) => ({ read: (begin: number, end: number) => values.subarray(begin, end) });
    return {
      rows: this.rows,
      observations: floats(this.#widths.observations, this.#observations),
      actions: floats(this.#widths.actions, this.#actions),
      rewards: floats(null, this.#rewards),
      terminals: flags(this.#terminals),
      timeouts: flags(this.#timeouts),
      where: (row) => `row ${row}`,
    };
  }
}

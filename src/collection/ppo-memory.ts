/** What proximal policy optimisation remembers of an iteration's steps, and of the minibatch that it learns from. */
import type { ActorCriticWidths } from './actor-critic.ts';

/** Keeps a division by a deviation of 0 finite. */
const TINY = 1e-8;

/** Steps and what is to be learned of them, row by row. */
export class PpoMemory {
  readonly rows: number;
  /** As the networks see them, [rows, observations]. */
  readonly observations: Float64Array;
  /** As they were drawn, beyond ±1 as well, [rows, actions]. */
  readonly actions: Float64Array;
  /** Of the actions when they were drawn, [rows]. */
  readonly logProbabilities: Float64Array;
  /** Scaled and clipped; where a time limit cuts an episode, and the discounted value of the state there. [rows] */
  readonly rewards: Float64Array;
  /** 1 where the next state belongs to another episode, [rows]. */
  readonly ends: Uint8Array;
  /** Of the states when they were seen, [rows + 1]: the last is of the state after them. */
  readonly values: Float64Array;
  /** [rows] */
  readonly advantages: Float64Array;
  /** What the values are to become, advantages + values, [rows]. */
  readonly returns: Float64Array;
  private readonly widths: ActorCriticWidths;

  constructor(rows: number, widths: ActorCriticWidths) {
    this.rows = rows;
    this.widths = widths;
    this.observations = new Float64Array(rows * widths.observations);
    this.actions = new Float64Array(rows * widths.actions);
    this.logProbabilities = new Float64Array(rows);
    this.rewards = new Float64Array(rows);
    this.ends = new Uint8Array(rows);
    this.values = new Float64Array(rows + 1);
    this.advantages = new Float64Array(rows);
    this.returns = new Float64Array(rows);
  }

  /**
   * Takes these rows of another, whose widths are the same: what the loss needs, which is all but rewards and ends.
   *
   * @param rows as many as there are here.
   */
  gather(from: PpoMemory, rows: Int32Array): void {
    const { observations, actions } = this.widths;
    rows.forEach((row, to) => {
      for (let i = 0; i < observations; i++) {
        this.observations[to * observations + i] = from.observations[row * observations + i]!;
      }
      for (let i = 0; i < actions; i++) this.actions[to * actions + i] = from.actions[row * actions + i]!;
      this.logProbabilities[to] = from.logProbabilities[row]!;
      this.values[to] = from.values[row]!;
      this.advantages[to] = from.advantages[row]!;
      this.returns[to] = from.returns[row]!;
    });
  }
}

/** To mean 0 and deviation 1 (of a sample: divided by n − 1), in place. At least two values. */
export function standardise(values: Float64Array): void {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (values.length - 1)) + TINY;
  for (let i = 0; i < values.length; i++) values[i] = (values[i]! - mean) / deviation;
}

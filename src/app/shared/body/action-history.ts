/** A ring buffer of the last actions of a run. */

/** Its capacity in steps. */
export const HISTORY_STEPS = 160;

export class ActionHistory {
  readonly width: number;
  /** Increases with every change. */
  revision = 0;
  readonly #values: Float32Array;
  #count = 0;

  /** @param width dimensions of an action. */
  constructor(width: number) {
    this.width = width;
    this.#values = new Float32Array(HISTORY_STEPS * width);
  }

  /** Steps that are stored. */
  get steps(): number {
    return Math.min(this.#count, HISTORY_STEPS);
  }

  /** @param actions [steps, width] */
  add(actions: Float32Array): void {
    if (actions.length === 0) return;
    for (let at = 0; at < actions.length; at += this.width) {
      this.#values.set(actions.subarray(at, at + this.width), (this.#count % HISTORY_STEPS) * this.width);
      this.#count++;
    }
    this.revision++;
  }

  clear(): void {
    this.#count = 0;
    this.revision++;
  }

  /** A value of an action. @param back 0 is the last step. */
  at(back: number, column: number): number {
    const step = this.#count - 1 - back;
    return this.#values[(step % HISTORY_STEPS) * this.width + column]!;
  }
}

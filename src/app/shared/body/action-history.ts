/** The last actions of a run, oldest first. */

/** How many are kept. */
export const KEPT_STEPS = 160;

export class ActionHistory {
  readonly width: number;
  /** Grows with every change. */
  revision = 0;
  private readonly values: Float32Array;
  private taken = 0;

  /** @param width numbers of an action. */
  constructor(width: number) {
    this.width = width;
    this.values = new Float32Array(KEPT_STEPS * width);
  }

  /** Steps that are kept. */
  get steps(): number {
    return Math.min(this.taken, KEPT_STEPS);
  }

  /** @param actions [steps, width] */
  add(actions: Float32Array): void {
    if (actions.length === 0) return;
    for (let at = 0; at < actions.length; at += this.width) {
      this.values.set(actions.subarray(at, at + this.width), (this.taken % KEPT_STEPS) * this.width);
      this.taken++;
    }
    this.revision++;
  }

  clear(): void {
    this.taken = 0;
    this.revision++;
  }

  /** A value. @param back 0 is the last step. */
  at(back: number, column: number): number {
    const step = this.taken - 1 - back;
    return this.values[(step % KEPT_STEPS) * this.width + column]!;
  }
}

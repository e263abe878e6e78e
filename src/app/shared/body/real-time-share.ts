/** The share of due steps that a body takes, over about the last second of simulated time. */

/** Steps after which the share is updated. */
const STEPS = 100;

export class RealTimeShare {
  #taken = 0;
  #due = 0;
  #share = 1;

  /** @param missed steps that were due and not taken. @returns the share, from 0 to 1. */
  record(taken: number, missed: number): number {
    this.#taken += taken;
    this.#due += taken + missed;
    if (this.#due >= STEPS) {
      this.#share = this.#taken / this.#due;
      this.#taken = 0;
      this.#due = 0;
    }
    return this.#share;
  }

  clear(): void {
    this.#taken = 0;
    this.#due = 0;
    this.#share = 1;
  }
}

/** How much of the steps that were due a body takes, over the last second or so of its time. */

/** Steps after which the share is told anew. */
const STEPS = 100;

export class RealTimeShare {
  private taken = 0;
  private due = 0;
  private share = 1;

  /** @param missed steps that were due and not taken. @returns the share, 0 to 1. */
  note(taken: number, missed: number): number {
    this.taken += taken;
    this.due += taken + missed;
    if (this.due >= STEPS) {
      this.share = this.taken / this.due;
      this.taken = 0;
      this.due = 0;
    }
    return this.share;
  }

  clear(): void {
    this.taken = 0;
    this.due = 0;
    this.share = 1;
  }
}

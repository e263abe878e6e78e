/** Real time for a body: how many steps are due, and how far between two steps the picture is. */

/** A page that was hidden or held up for longer goes on from where it was: what it missed is not made up for. */
export const LONGEST_MS = 100;

export class StageClock {
  /** Of the way from the state before the last step (0) to the state after it (1). */
  private share = 1;

  /** Where the picture is between the states before and after the last step, 0 to 1. */
  get between(): number {
    return this.share;
  }

  /** The picture is at the state after the last step. */
  settle(): void {
    this.share = 1;
  }

  /**
   * Time has passed.
   *
   * @param ms of the visitor's time, since the last call.
   * @param speed of the body's time against the visitor's; 1 is real time.
   * @param stepSeconds the body's time in a step.
   * @returns steps that are due now.
   */
  advance(ms: number, speed: number, stepSeconds: number): number {
    this.share += (Math.min(Math.max(ms, 0), LONGEST_MS) / 1000 / stepSeconds) * speed;
    // A state is reached at 1 and left beyond it. Sums of frames come close to whole numbers, and are not quite.
    const steps = Math.max(0, Math.ceil(this.share - 1 - 1e-9));
    this.share -= steps;
    return steps;
  }
}

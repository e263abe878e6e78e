/** Real time for a body: how many steps are due, and where between two steps the picture is. */

/** The longest time that is caught up: a page that was hidden for longer continues from where it was. */
export const LONGEST_MS = 100;

export class StageClock {
  /** Position between the state before the last step (0) and the state after it (1). */
  #between = 1;

  /** Position of the picture between the states before and after the last step, 0 to 1. */
  get between(): number {
    return this.#between;
  }

  /** Moves the picture to the state after the last step. */
  settle(): void {
    this.#between = 1;
  }

  /**
   * Advances the clock.
   *
   * @param ms wall-clock time since the last call.
   * @param speed simulated time over wall-clock time; 1 is real time.
   * @param stepSeconds simulated time of a step.
   * @returns the number of steps that are due.
   */
  advance(ms: number, speed: number, stepSeconds: number): number {
    this.#between += (Math.min(Math.max(ms, 0), LONGEST_MS) / 1000 / stepSeconds) * speed;
    // A step is due beyond 1. The tolerance absorbs rounding of sums of frames.
    const steps = Math.max(0, Math.ceil(this.#between - 1 - 1e-9));
    this.#between -= steps;
    return steps;
  }
}

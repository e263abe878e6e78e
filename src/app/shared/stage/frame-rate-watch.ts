/** Detects a frame rate too low to look like motion. */

/** Frames of a window, of which the median counts: a page that has just opened may stutter. */
const FRAMES = 50;
const SLOW_MS = 48;

export class FrameRateWatch {
  readonly #gaps: number[] = [];
  #last: number | null = null;
  #reported = false;
  readonly #onSlow: () => void;

  /** @param onSlow called once. */
  constructor(onSlow: () => void) {
    this.#onSlow = onSlow;
  }

  /** @param drew whether something was drawn: an idle stage says nothing about the frame rate. */
  frame(now: number, drew: boolean): void {
    if (this.#reported) return;
    if (drew && this.#last !== null) this.#gaps.push(now - this.#last);
    this.#last = drew ? now : null;
    if (this.#gaps.length < FRAMES) return;
    const median = this.#gaps.sort((a, b) => a - b)[FRAMES / 2]!;
    this.#gaps.length = 0;
    if (median <= SLOW_MS) return;
    this.#reported = true;
    this.#onSlow();
  }
}

/** The rate of bytes, rows or files over the last seconds, and the time left at that rate. */

/** Window of the rate: short enough to follow a change, long enough not to jump with every chunk. */
const WINDOW_MS = 5000;
/** Over less time than this there is no rate. */
const MIN_MS = 500;

export class RateMeter {
  readonly #points: { at: number; amount: number }[] = [];

  /** @param at milliseconds on a monotonic clock. @param amount the total at that time. */
  add(at: number, amount: number): void {
    this.#points.push({ at, amount });
    while (this.#points.length > 2 && at - this.#points[1]!.at >= WINDOW_MS) this.#points.shift();
  }

  /** Amount per second, or null while unknown. */
  rate(): number | null {
    const first = this.#points[0];
    const last = this.#points.at(-1);
    if (!first || !last || last.at - first.at < MIN_MS) return null;
    return (1000 * (last.amount - first.amount)) / (last.at - first.at);
  }

  /** Seconds until `total` is reached, or null while unknown. */
  secondsLeft(total: number): number | null {
    const rate = this.rate();
    const last = this.#points.at(-1);
    if (rate === null || !last || rate <= 0) return null;
    return Math.max(0, total - last.amount) / rate;
  }
}

/** How fast something (bytes, rows, files) comes, over the last seconds, and how long the rest will take at that rate. */

/** The rate is that of the last so many seconds: it follows a change, and does not jump with every chunk. */
const WINDOW_MS = 5000;
/** Of less time than this no rate is told. */
const LEAST_MS = 500;

export class RateMeter {
  private readonly points: { at: number; amount: number }[] = [];

  /** @param at milliseconds on any steady clock. @param amount that had come by then, in all. */
  add(at: number, amount: number): void {
    this.points.push({ at, amount });
    while (this.points.length > 2 && at - this.points[1]!.at >= WINDOW_MS) this.points.shift();
  }

  /** Amount a second, or null while that is not known. */
  rate(): number | null {
    const first = this.points[0];
    const last = this.points.at(-1);
    if (!first || !last || last.at - first.at < LEAST_MS) return null;
    return (1000 * (last.amount - first.amount)) / (last.at - first.at);
  }

  /** Seconds until `total` has come, or null while that is not known. */
  secondsLeft(total: number): number | null {
    const rate = this.rate();
    const last = this.points.at(-1);
    if (rate === null || !last || rate <= 0) return null;
    return Math.max(0, total - last.amount) / rate;
  }
}

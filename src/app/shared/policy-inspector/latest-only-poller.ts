/**
 * Asks a worker again and again for what belongs to a thing that changes: one question at a time, at most so many a second,
 * and after the last change once more, so that what is shown in the end is of how things stand.
 */
export class LatestAsker {
  private readonly send: () => void;
  private readonly everyMs: number;
  private watching = false;
  private asked = false;
  private stale = true;
  private last = -Infinity;
  private timer: ReturnType<typeof setTimeout> | null = null;

  /**
   * @param send puts the question.
   * @param everyMs between two questions, at least.
   */
  constructor(send: () => void, everyMs: number) {
    this.send = send;
    this.everyMs = everyMs;
  }

  /** Whether anybody looks: nothing is asked while not, and what was asked is forgotten. */
  watch(on: boolean): void {
    this.watching = on;
    if (on) {
      this.askIfDue();
      return;
    }
    if (this.asked) this.stale = true;
    this.asked = false;
    this.stopTimer();
  }

  /** What was answered last may no longer hold. */
  changed(): void {
    this.stale = true;
    this.askIfDue();
  }

  /** The question that was out is answered, or never will be. */
  answered(): void {
    this.asked = false;
    this.askIfDue();
  }

  private askIfDue(): void {
    if (!this.watching || !this.stale || this.asked || this.timer !== null) return;
    const wait = this.last + this.everyMs - performance.now();
    if (wait > 0) {
      this.timer = setTimeout(() => {
        this.timer = null;
        this.askIfDue();
      }, wait);
      return;
    }
    this.last = performance.now();
    this.asked = true;
    this.stale = false;
    this.send();
  }

  private stopTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}

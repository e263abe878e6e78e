/**
 * Polls a worker about something that changes: one request at a time, at a limited rate, and once more after the last
 * change, so that the last answer is up to date.
 */
export class LatestOnlyPoller {
  readonly #send: () => void;
  readonly #intervalMs: number;
  #watching = false;
  #pending = false;
  #stale = true;
  #lastSent = -Infinity;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /**
   * @param send sends the request.
   * @param intervalMs minimum interval between two requests.
   */
  constructor(send: () => void, everyMs: number) {
    this.#send = send;
    this.#intervalMs = everyMs;
  }

  /** Turns polling on or off. While off, nothing is sent and a pending answer is ignored. */
  watch(on: boolean): void {
    this.#watching = on;
    if (on) {
      this.#sendIfDue();
      return;
    }
    if (this.#pending) this.#stale = true;
    this.#pending = false;
    this.#stopTimer();
  }

  /** Marks the last answer as outdated. */
  invalidate(): void {
    this.#stale = true;
    this.#sendIfDue();
  }

  /** Call when the pending request is answered or has failed. */
  answered(): void {
    this.#pending = false;
    this.#sendIfDue();
  }

  #sendIfDue(): void {
    if (!this.#watching || !this.#stale || this.#pending || this.#timer !== null) return;
    const wait = this.#lastSent + this.#intervalMs - performance.now();
    if (wait > 0) {
      this.#timer = setTimeout(() => {
        this.#timer = null;
        this.#sendIfDue();
      }, wait);
      return;
    }
    this.#lastSent = performance.now();
    this.#pending = true;
    this.#stale = false;
    this.#send();
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

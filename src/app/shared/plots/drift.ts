/**
 * Samples on their way to new positions. The noise of a frame's samples is the same from frame to frame, so sample i
 * of one frame is sample i of the next, a little further on, and a short drift shows where the policy is going.
 */

export const DRIFT_MS = 120;

export class Drift {
  #from: Float32Array | null = null;
  #to: Float32Array | null = null;
  #start = 0;

  /** Heads for `target` from wherever the samples are now; `jump` goes there at once. */
  aim(target: Float32Array | null, now: number, jump: boolean): void {
    const current = this.at(now);
    const moves = !jump && target !== null && current !== null && current.length === target.length;
    this.#from = moves && current !== target ? current : null;
    this.#to = target;
    this.#start = now;
  }

  moving(now: number): boolean {
    return this.#from !== null && now - this.#start < DRIFT_MS;
  }

  /** Positions at a time: the target itself once it is reached. */
  at(now: number): Float32Array | null {
    const from = this.#from;
    const to = this.#to;
    if (!from || !to || now - this.#start >= DRIFT_MS) return to;
    const t = Math.max(0, (now - this.#start) / DRIFT_MS);
    const eased = 1 - (1 - t) ** 3;
    const between = new Float32Array(to.length);
    for (let i = 0; i < to.length; i++) between[i] = from[i]! + (to[i]! - from[i]!) * eased;
    return between;
  }
}

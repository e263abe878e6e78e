/** The frames of several engines as those of one: its listener has one event at a time, and as many as of one engine. */
import type { MethodId } from '../methods.ts';
import { sleep } from '../../experiment/event-loop.ts';
import { FRAME_INTERVAL_MS } from './frame-queue.ts';
import type { MethodFrame } from './protocol.ts';

export class PoolFrames {
  readonly #send: (frames: MethodFrame[]) => Promise<void>;
  /** The latest of each method, which wait for those before them. */
  readonly #waiting = new Map<MethodId, MethodFrame>();
  /** Those that wait now were taken. */
  #taken: Promise<void> | null = null;
  #before: Promise<void> = Promise.resolve();
  #sentAt = Number.NEGATIVE_INFINITY;

  /** @param send tells frames; the next ones wait until it is done */
  constructor(send: (frames: MethodFrame[]) => Promise<void>) {
    this.#send = send;
  }

  /** Adds frames to those that wait; resolves once they were taken. */
  add(frames: readonly MethodFrame[]): Promise<void> {
    for (const frame of frames) this.#waiting.set(frame.method, frame);
    this.#taken ??= this.#sendNext();
    return this.#taken;
  }

  /** Forgets those that wait. */
  clear(): void {
    this.#waiting.clear();
  }

  async #sendNext(): Promise<void> {
    const before = this.#before;
    const taken = (async () => {
      await before;
      const wait = this.#sentAt + FRAME_INTERVAL_MS - performance.now();
      if (wait > 0) await sleep(wait);
      this.#sentAt = performance.now();
      this.#taken = null;
      const frames = [...this.#waiting.values()];
      this.#waiting.clear();
      await this.#send(frames);
    })();
    this.#before = taken;
    return taken;
  }
}

/** Merges the frames of several engines: the listener gets one event at a time, at the rate of a single engine. */
import type { MethodId } from '../methods.ts';
import { sleep } from '../../experiment/event-loop.ts';
import { FRAME_INTERVAL_MS } from './frame-queue.ts';
import type { MethodFrame } from './protocol.ts';

export class PoolFrames {
  readonly #send: (frames: MethodFrame[]) => Promise<void>;
  /** The latest frame of each method, not sent yet. */
  readonly #waiting = new Map<MethodId, MethodFrame>();
  /** Resolves when the waiting frames were handled. */
  #handled: Promise<void> | null = null;
  #before: Promise<void> = Promise.resolve();
  #sentAt = Number.NEGATIVE_INFINITY;

  /** @param send sends frames; the next ones wait for its promise. */
  constructor(send: (frames: MethodFrame[]) => Promise<void>) {
    this.#send = send;
  }

  /** Queues frames; resolves once the listener has handled them. */
  add(frames: readonly MethodFrame[]): Promise<void> {
    for (const frame of frames) this.#waiting.set(frame.method, frame);
    this.#handled ??= this.#sendNext();
    return this.#handled;
  }

  /** Drops the waiting frames. */
  clear(): void {
    this.#waiting.clear();
  }

  async #sendNext(): Promise<void> {
    const before = this.#before;
    const handled = (async () => {
      await before;
      const wait = this.#sentAt + FRAME_INTERVAL_MS - performance.now();
      if (wait > 0) await sleep(wait);
      this.#sentAt = performance.now();
      this.#handled = null;
      const frames = [...this.#waiting.values()];
      this.#waiting.clear();
      await this.#send(frames);
    })();
    this.#before = handled;
    return handled;
  }
}

/**
 * Events on their way to the one listener. Frames are sent at most ten times a second, and only after the listener has
 * handled the frame before. A page that is slow or hidden gets fewer frames, never a backlog.
 */
import type { MethodId } from '../methods.ts';
import type { EngineEvent, MethodFrame } from './protocol.ts';

export type EngineListener = (event: EngineEvent) => Promise<void> | void;

export const FRAME_INTERVAL_MS = 100;

export class FrameQueue {
  #listener: EngineListener | null = null;
  readonly #frames = new Map<MethodId, MethodFrame>();
  /** Events to be sent after the waiting frames. */
  #after: { event: EngineEvent; then: () => void }[] = [];
  #elapsedSeconds = 0;
  #inFlight = false;
  #sentAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** Replaces the listener. */
  listen(listener: EngineListener): void {
    this.#listener = listener;
    this.#inFlight = false;
    this.#flush();
  }

  /** Sends an event at once. A state replaces states that still wait for their frames, which are out of date. */
  send(event: EngineEvent): void {
    if (event.type === 'state') {
      const outdated = this.#after.filter((waiting) => waiting.event.type === 'state');
      this.#after = this.#after.filter((waiting) => !outdated.includes(waiting));
      for (const { then } of outdated) then();
    }
    void this.#deliver(event);
  }

  /** Sends an event once the waiting frames were handled, then calls `then`. */
  sendAfterFrames(event: EngineEvent, then: () => void = () => undefined): void {
    this.#after.push({ event, then });
    this.#flush();
  }

  /** Queues a frame in place of the same method's older one. */
  post(frame: MethodFrame, elapsedSeconds: number): void {
    this.#frames.set(frame.method, frame);
    this.#elapsedSeconds = elapsedSeconds;
    this.#flush();
  }

  /** Whether a frame of this method is waiting. */
  has(method: MethodId): boolean {
    return this.#frames.has(method);
  }

  /** Drops the frames of one method, or everything that waits. */
  drop(method?: MethodId): void {
    if (method) this.#frames.delete(method);
    else {
      this.#frames.clear();
      for (const { then } of this.#after.splice(0)) then();
    }
    this.#flush();
  }

  #flush(): void {
    if (this.#inFlight) return;
    if (this.#frames.size === 0) {
      for (const { event, then } of this.#after.splice(0)) {
        void this.#deliver(event);
        then();
      }
      return;
    }
    if (this.#timer !== null) return;
    const wait = this.#sentAt + FRAME_INTERVAL_MS - performance.now();
    if (wait > 0) {
      this.#timer = setTimeout(() => {
        this.#timer = null;
        this.#flush();
      }, wait);
      return;
    }
    const frames = [...this.#frames.values()];
    this.#frames.clear();
    this.#sentAt = performance.now();
    this.#inFlight = true;
    const listener = this.#listener;
    void this.#deliver({ type: 'frame', frames, elapsedSeconds: this.#elapsedSeconds }).then(() => {
      if (listener !== this.#listener) return;
      this.#inFlight = false;
      this.#flush();
    });
  }

  /** A listener that throws must not stop training. */
  async #deliver(event: EngineEvent): Promise<void> {
    try {
      await this.#listener?.(event);
    } catch (error) {
      console.error('The listener of the engine failed.', error);
    }
  }
}

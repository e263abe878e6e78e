/** Lets a long computation share a thread with messages: yielding to the event loop, and a mutex. */

/** Resolves in a new task, after pending messages were handled, and without the 4 ms clamp of nested timers. */
export function nextTask(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    waiting.push(resolve);
    channel().port2.postMessage(null);
  });
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const waiting: (() => void)[] = [];
let opened: MessageChannel | null = null;

function channel(): MessageChannel {
  if (!opened) {
    opened = new MessageChannel();
    opened.port1.onmessage = () => waiting.shift()?.();
  }
  return opened;
}

/** Runs asynchronous work one piece at a time, in the order of the calls. */
export class Mutex {
  #tail: Promise<unknown> = Promise.resolve();
  #interrupt: ((reason: Error) => void) | null = null;

  /** Runs `work` after all earlier work. Its failure rejects only its own promise. */
  run<Result>(work: () => Promise<Result> | Result): Promise<Result> {
    const done = this.#tail.then(() => this.#interruptible(work));
    this.#tail = done.catch(() => undefined);
    return done;
  }

  /** Abandons the work that runs now: its promise rejects with `reason`, and the next work starts. */
  interrupt(reason: Error): void {
    this.#interrupt?.(reason);
  }

  #interruptible<Result>(work: () => Promise<Result> | Result): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#interrupt = reject;
      Promise.resolve().then(work).then(resolve, reject);
    }).finally(() => (this.#interrupt = null));
  }
}

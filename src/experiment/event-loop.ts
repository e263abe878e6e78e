/** What a long computation needs to share one thread with messages: to step aside, and to do one thing at a time. */

/** Resolves in a new task, so that messages which wait are handled before. Without the 4 ms clamp of nested timers. */
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

/** Runs asynchronous pieces of work one after the other, in the order they were asked for. */
export class Mutex {
  #tail: Promise<unknown> = Promise.resolve();
  #interrupt: ((reason: Error) => void) | null = null;

  /** Runs `work` after everything before it; rejects as it does, which stops nothing behind it. */
  run<Result>(work: () => Promise<Result> | Result): Promise<Result> {
    const done = this.#tail.then(() => this.#interruptible(work));
    this.#tail = done.catch(() => undefined);
    return done;
  }

  /** Gives up the piece of work that runs now: its promise rejects with `reason`, and the next one starts. */
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

/** Small pauses that keep the page's thread free. */

const channel = typeof MessageChannel === 'undefined' ? null : new MessageChannel();
const waiting: (() => void)[] = [];
if (channel) channel.port1.onmessage = () => waiting.shift()?.();

/** Ends the current task, so that input and painting come first, and goes on in a new one. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (!channel) {
      setTimeout(resolve, 0);
      return;
    }
    waiting.push(resolve);
    channel.port2.postMessage(null);
  });
}

/** Calls as soon as this task is over, and then at most once in `waitMs`, always behind the last wish. */
export function throttle(work: () => void, waitMs: number): () => void {
  let isWaiting = false;
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(
      () => {
        isWaiting = false;
        last = performance.now();
        work();
      },
      Math.max(0, last + waitMs - performance.now()),
    );
  };
}

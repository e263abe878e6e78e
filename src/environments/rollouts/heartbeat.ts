/**
 * Detects that a worker has died. A browser that kills a worker (out of memory, for example) raises no event, but it
 * releases the worker's Web Lock. Without Web Locks nothing is detected.
 */

/** In the worker: holds a lock of this name for its lifetime, and calls `held` once it has it. */
export function holdLivenessLock(name: string, held: () => void): void {
  const holding = navigator.locks?.request(name, () => {
    held();
    return new Promise<never>(() => undefined);
  });
  holding?.catch(() => undefined);
}

/** In the parent, after `held`: calls `gone` when the worker no longer holds its lock. Returns a function that stops it. */
export function watchLivenessLock(name: string, gone: () => void): () => void {
  const watch = new AbortController();
  navigator.locks?.request(name, { signal: watch.signal }, gone).catch(() => undefined);
  return () => watch.abort();
}

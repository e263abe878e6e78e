/**
 * How one hears that a worker is gone. A browser that ends one, for want of memory say, raises no event; but what the worker
 * holds under its name in the browser's locks is let go of. Where there are no locks, nothing is heard.
 */

/** In the worker: holds its name for as long as it lives, and says so once it does. */
export function holdLifeline(name: string, held: () => void): void {
  const holding = navigator.locks?.request(name, () => {
    held();
    return new Promise<never>(() => undefined);
  });
  holding?.catch(() => undefined);
}

/** Beside the worker, which holds its name by now: calls `gone` once it does not any more. Gives back what ends that. */
export function watchLifeline(name: string, gone: () => void): () => void {
  const watch = new AbortController();
  navigator.locks?.request(name, { signal: watch.signal }, gone).catch(() => undefined);
  return () => watch.abort();
}

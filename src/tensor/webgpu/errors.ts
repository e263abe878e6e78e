/** Errors that a GPU reports asynchronously, and their listeners. */

type GpuErrorListener = (message: string) => void;

const listeners = new Set<GpuErrorListener>();

/** Calls `listener` for every uncaptured GPU error; returns a function that removes it. */
export function onGpuError(listener: GpuErrorListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function reportGpuError(message: string): void {
  console.error(`GPU error: ${message}`);
  for (const listener of listeners) listener(message);
}

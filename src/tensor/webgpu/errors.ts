/** Faults that a GPU reports on its own time, and who wants to hear of them. */

type GpuErrorListener = (message: string) => void;

const listeners = new Set<GpuErrorListener>();

/** Calls `listener` for every uncaptured GPU error; returns how to stop listening. */
export function onGpuError(listener: GpuErrorListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function reportGpuError(message: string): void {
  console.error(`GPU error: ${message}`);
  for (const listener of listeners) listener(message);
}

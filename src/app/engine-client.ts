/** The engine, in its worker. */
import { proxy, wrap } from 'comlink';
import type { Engine, EngineEvent } from '../training/protocol.ts';

/** A worker that fails to load says so in words, and not with an event. */
export function connectEngine(onCrash: (message: string) => void): Engine {
  const worker = new Worker(new URL('../training/worker.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('error', (event) => onCrash(event.message || 'The training worker could not be loaded.'));
  return wrap<Engine>(worker) as unknown as Engine;
}

/** A listener that the worker can call. */
export function remoteListener(listener: (event: EngineEvent) => Promise<void>): (event: EngineEvent) => Promise<void> {
  return proxy(listener);
}

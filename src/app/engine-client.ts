/** The engine, in its worker. */
import { proxy, wrap } from 'comlink';
import type { Engine, EngineEvent } from '../training/protocol.ts';
import { engineWorker, workerCrash } from './engine-worker.ts';

export function connectEngine(onCrash: (message: string) => void): Engine {
  void workerCrash.then(onCrash);
  return wrap<Engine>(engineWorker) as unknown as Engine;
}

/** A listener that the worker can call. */
export function remoteListener(listener: (event: EngineEvent) => Promise<void>): (event: EngineEvent) => Promise<void> {
  return proxy(listener);
}

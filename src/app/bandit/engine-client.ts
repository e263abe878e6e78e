/** The page's engine: a pool of engines, each in its own worker. */
import { proxy, wrap } from 'comlink';
import { trainingCores } from '../../experiment/core-allocation.ts';
import type { EngineListener } from '../../bandit/engine/frame-queue.ts';
import type { TrainingEngine, ShardEngine } from '../../bandit/engine/protocol.ts';
import type { PooledEngine } from '../../bandit/engine/pool-members.ts';
import { EnginePool } from '../../bandit/engine/engine-pool.ts';
import { takeWorker } from './engine-worker.ts';

export function connectEngine(onCrash: (message: string) => void): TrainingEngine {
  return new EnginePool(() => recruit(onCrash), trainingCores(navigator.hardwareConcurrency));
}

function recruit(onCrash: (message: string) => void): PooledEngine {
  const { worker, crash } = takeWorker();
  const remote = wrap<ShardEngine>(worker) as unknown as ShardEngine;
  const crashed = crash.then((message) => Promise.reject(new Error(message)));
  // Rejects a pending start; later crashes are reported by `onCrash`.
  crashed.catch(() => undefined);
  const subscribe = (listener: EngineListener) => remote.subscribe(proxy(listener));
  const start = async (...args: Parameters<ShardEngine['start']>) => {
    const info = await Promise.race([remote.start(...args), crashed]);
    void crash.then(onCrash);
    return info;
  };
  const own = new Map<string | symbol, unknown>(Object.entries({ subscribe, start }));
  const engine = new Proxy(remote, {
    get: (target, name) => own.get(name) ?? (Reflect.get(target, name) as unknown),
  });
  return { engine, end: () => worker.terminate() };
}

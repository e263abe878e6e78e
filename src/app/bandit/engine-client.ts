/** The engine of the page: a team, each of it in a worker. */
import { proxy, wrap } from 'comlink';
import { trainingCores } from '../../experiment/core-allocation.ts';
import type { Listener } from '../../bandit/engine/frame-queue.ts';
import type { Engine, TeamEngine } from '../../bandit/engine/protocol.ts';
import type { Recruit } from '../../bandit/engine/pool-member.ts';
import { EngineTeam } from '../../bandit/engine/engine-pool.ts';
import { takeWorker } from './engine-worker.ts';

export function connectEngine(onCrash: (message: string) => void): Engine {
  return new EngineTeam(() => recruit(onCrash), trainingCores(navigator.hardwareConcurrency));
}

function recruit(onCrash: (message: string) => void): Recruit {
  const { worker, crash } = takeWorker();
  const remote = wrap<TeamEngine>(worker) as unknown as TeamEngine;
  const crashed = crash.then((message) => Promise.reject(new Error(message)));
  // Told to whoever waits for the worker's start, and from then on by itself.
  crashed.catch(() => undefined);
  const subscribe = (listener: Listener) => remote.subscribe(proxy(listener));
  const start = async (...args: Parameters<TeamEngine['start']>) => {
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

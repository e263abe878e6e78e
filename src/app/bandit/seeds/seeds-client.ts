/** The page's side of the worker that trains other seeds. */
import { proxy, wrap } from 'comlink';
import { SEEDS_WORKER_NAME, type SeedsEngine } from '../../../bandit/seeds-protocol.ts';
import { startWorker } from '../engine-worker.ts';
import type { SeedsConnection } from './seed-comparison.ts';

export function connectSeeds(): SeedsConnection {
  const { worker, crash } = startWorker(SEEDS_WORKER_NAME);
  const remote = wrap<SeedsEngine>(worker);
  const crashed = crash.then((message) => Promise.reject(new Error(message)));
  // Rejects a pending `train`.
  crashed.catch(() => undefined);
  return {
    engine: {
      train: (job, notify) => Promise.race([remote.train(job, proxy(notify)), crashed]),
      pause: () => remote.pause(),
    },
    end: () => worker.terminate(),
  };
}

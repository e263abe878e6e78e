/** The page's side of the dataset workers: one reader, and one worker per job. */
import { proxy, wrap, type Remote } from 'comlink';
import { KNOWN_BODIES } from '../../../environments/bodies/index.ts';
import type { DatasetReader, DatasetWorker, JobProgress } from '../../../datasets/library/protocol.ts';
import type { CollectionOrder } from '../../../collection/collection-job.ts';
import type { CollectionWorker } from '../../../collection/collection-worker.ts';

interface Connection<Served> {
  remote: Remote<Served>;
  /** Rejects if the worker cannot be loaded. */
  crash: Promise<never>;
  end: () => void;
}

function connect(): Connection<DatasetWorker> {
  return connectTo(new Worker(new URL('../../../datasets/library/worker.ts', import.meta.url), { type: 'module' }));
}

/** A worker of its own, since a reader needs no physics engine. */
function connectCollector(): Connection<CollectionWorker> {
  return connectTo(
    new Worker(new URL('../../../collection/collection-worker.ts', import.meta.url), { type: 'module' }),
  );
}

function connectTo<Served>(worker: Worker): Connection<Served> {
  const crash = new Promise<never>((_, reject) => {
    worker.addEventListener('error', (event) => {
      reject(new Error(event.message || 'The worker for datasets could not be loaded; reload the page.'));
    });
  });
  crash.catch(() => undefined);
  return { remote: wrap<Served>(worker), crash, end: () => worker.terminate() };
}

/** A separate reader, for pages other than the datasets page. Call `end` when done. */
export function openReader(): {
  ask: <Result>(query: (reader: Remote<DatasetReader>) => Promise<Result>) => Promise<Result>;
  end: () => void;
} {
  const { remote, crash, end } = connect();
  return { ask: (query) => Promise.race([query(remote), crash]), end };
}

let reader: Connection<DatasetWorker> | null = null;

/** Queries the shared reader. */
export async function askReader<Result>(query: (reader: Remote<DatasetReader>) => Promise<Result>): Promise<Result> {
  reader ??= connect();
  return Promise.race([query(reader.remote), reader.crash]);
}

export type JobOrder =
  | { kind: 'fetch'; address: string }
  | { kind: 'resume'; key: string }
  | { kind: 'convert'; files: File[] }
  | { kind: 'collect'; collection: CollectionOrder };

/** Starts a job in a worker of its own. `done` resolves to the dataset's key, or rejects with the error. */
export function startJob(
  order: JobOrder,
  onProgress: (progress: JobProgress) => void,
): { done: Promise<string>; cancel: () => void } {
  const listen = proxy(onProgress);
  if (order.kind === 'collect') {
    const { remote, crash, end } = connectCollector();
    const work = remote.collect(order.collection, listen);
    return { done: Promise.race([work, crash]).finally(end), cancel: () => void remote.cancel() };
  }
  const { remote, crash, end } = connect();
  const work =
    order.kind === 'fetch'
      ? remote.fetch(order.address, document.baseURI, listen)
      : order.kind === 'resume'
        ? remote.resume(order.key, listen)
        : remote.convert(order.files, KNOWN_BODIES, listen);
  return { done: Promise.race([work, crash]).finally(end), cancel: () => void remote.cancel() };
}

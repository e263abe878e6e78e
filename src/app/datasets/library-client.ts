/** The page's side of the dataset workers: one that reads, and one for each job. */
import { proxy, wrap, type Remote } from 'comlink';
import type { DatasetReader, DatasetWorker, JobProgress } from '../../datasets/library/protocol.ts';

interface Connection {
  remote: Remote<DatasetWorker>;
  /** Rejects if the worker cannot be loaded. */
  crash: Promise<never>;
  end: () => void;
}

function connect(): Connection {
  const worker = new Worker(new URL('../../datasets/library/worker.ts', import.meta.url), { type: 'module' });
  const crash = new Promise<never>((_, reject) => {
    worker.addEventListener('error', (event) => {
      reject(new Error(event.message || 'The worker for datasets could not be loaded; reload the page.'));
    });
  });
  crash.catch(() => undefined);
  return { remote: wrap<DatasetWorker>(worker), crash, end: () => worker.terminate() };
}

let reader: Connection | null = null;

/** Asks the worker that reads. */
export async function ask<Result>(question: (reader: Remote<DatasetReader>) => Promise<Result>): Promise<Result> {
  reader ??= connect();
  return Promise.race([question(reader.remote), reader.crash]);
}

export type JobOrder =
  { kind: 'fetch'; address: string } | { kind: 'resume'; key: string } | { kind: 'convert'; files: File[] };

/** Starts a job in a worker of its own. `done` gives the dataset's key, or rejects with what went wrong. */
export function startJob(
  order: JobOrder,
  onProgress: (progress: JobProgress) => void,
): { done: Promise<string>; cancel: () => void } {
  const { remote, crash, end } = connect();
  const listen = proxy(onProgress);
  const work =
    order.kind === 'fetch'
      ? remote.fetch(order.address, document.baseURI, listen)
      : order.kind === 'resume'
        ? remote.resume(order.key, listen)
        : remote.convert(order.files, listen);
  return { done: Promise.race([work, crash]).finally(end), cancel: () => void remote.cancel() };
}

/** The page's side of the locomotion workers: one trains, one manages stored runs. */
import { wrap, type Remote } from 'comlink';
import type { RunLibrary, TrainingWorker } from '../../locomotion/training-protocol.ts';

export interface TrainingConnection {
  remote: Remote<TrainingWorker>;
  end: () => void;
}

/** @param onCrash called if the worker cannot be loaded, or crashes. */
export function connectTraining(onCrash: (message: string) => void): TrainingConnection {
  const worker = new Worker(new URL('../../locomotion/training-worker.ts', import.meta.url), {
    type: 'module',
  });
  worker.addEventListener('error', (event) => onCrash(event.message || 'The worker that trains could not be loaded.'));
  return { remote: wrap<TrainingWorker>(worker), end: () => worker.terminate() };
}

let library: { remote: Remote<RunLibrary>; crash: Promise<never> } | null = null;

/** Queries the worker of stored runs. */
export function askRuns<Result>(query: (library: Remote<RunLibrary>) => Promise<Result>): Promise<Result> {
  if (!library) {
    const worker = new Worker(new URL('../../locomotion/runs-worker.ts', import.meta.url), { type: 'module' });
    const crash = new Promise<never>((_, reject) => {
      worker.addEventListener('error', (event) => {
        library = null;
        reject(new Error(event.message || 'The worker of stored runs could not be loaded.'));
      });
    });
    crash.catch(() => undefined);
    library = { remote: wrap<RunLibrary>(worker), crash };
  }
  return Promise.race([query(library.remote), library.crash]);
}

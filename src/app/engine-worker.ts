/**
 * The training worker. It is started before the page's own code is read, so that both load at the same time: it takes
 * the longer to be ready.
 */
export const engineWorker = new Worker(new URL('../training/worker.ts', import.meta.url), { type: 'module' });

/** Why the worker could not be loaded, should that happen. */
export const workerCrash = new Promise<string>((resolve) => {
  engineWorker.addEventListener('error', (event) => {
    // A worker that fails to load says so with an event, and not in words.
    resolve(event.message || 'The training worker could not be loaded.');
  });
});

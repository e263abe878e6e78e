/**
 * The training workers. As many as the link can ask for are started before the page's own code is read, so that all
 * load at the same time: they take the longer to be ready.
 */
import { trainingCores, usefulEngines } from '../../experiment/core-allocation.ts';

interface EngineWorker {
  worker: Worker;
  /** Why the worker could not be loaded, should that happen. */
  crash: Promise<string>;
}

/** @param name says what the worker is for. */
export function startWorker(name = 'engine'): EngineWorker {
  const worker = new Worker(new URL('../../bandit/engine/worker.ts', import.meta.url), { type: 'module', name });
  const crash = new Promise<string>((resolve) => {
    worker.addEventListener('error', (event) => {
      // A worker that fails to load says so with an event, and not in words.
      resolve(event.message || 'The training worker could not be loaded.');
    });
  });
  return { worker, crash };
}

/** A field of the address, as link.ts reads it, which is not loaded yet. */
function linkField(name: string): string | null {
  const { hash, search } = location;
  return new URLSearchParams(hash.slice(1)).get(name) ?? new URLSearchParams(search).get(name);
}

/** On WebGPU one is enough; where that is known only later, the others are dismissed then. */
function likelyWorkers(): number {
  // The other pages do without them: locomotion trains in a worker of its own.
  if ((linkField('page') ?? 'bandit') !== 'bandit') return 0;
  if (linkField('engine') === 'webgpu') return 1;
  const methods = linkField('methods')?.split(',').length ?? Number.POSITIVE_INFINITY;
  return usefulEngines(trainingCores(navigator.hardwareConcurrency), methods);
}

const early = Array.from({ length: likelyWorkers() }, () => startWorker());

/** One of those that were started early, while there are any, or another. */
export function takeWorker(): EngineWorker {
  return early.shift() ?? startWorker();
}

/** Ends those that were started early and not taken. */
export function dismissSpareWorkers(): void {
  for (const { worker } of early.splice(0)) worker.terminate();
}

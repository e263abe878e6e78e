/**
 * The training workers. As many as the link may need start before the page's own code loads, because they take longer
 * to be ready.
 */
import { trainingCores, usefulEngines } from '../../experiment/core-allocation.ts';

interface EngineWorker {
  worker: Worker;
  /** Resolves with the reason if the worker fails to load. */
  crash: Promise<string>;
}

/** @param name says what the worker is for. */
export function startWorker(name = 'engine'): EngineWorker {
  const worker = new Worker(new URL('../../bandit/engine/worker.ts', import.meta.url), { type: 'module', name });
  const crash = new Promise<string>((resolve) => {
    worker.addEventListener('error', (event) => {
      // A worker that fails to load sends an event without a message.
      resolve(event.message || 'The training worker could not be loaded.');
    });
  });
  return { worker, crash };
}

/** A field of the address. It is read as in link.ts, which is not loaded yet. */
function linkField(name: string): string | null {
  const { hash, search } = location;
  return new URLSearchParams(hash.slice(1)).get(name) ?? new URLSearchParams(search).get(name);
}

/** WebGPU requires only one worker; if WebGPU is chosen later, the others are dismissed. */
function likelyWorkers(): number {
  // The other pages do not use these workers: locomotion has its own.
  if ((linkField('page') ?? 'bandit') !== 'bandit') return 0;
  if (linkField('engine') === 'webgpu') return 1;
  const methods = linkField('methods')?.split(',').length ?? Number.POSITIVE_INFINITY;
  return usefulEngines(trainingCores(navigator.hardwareConcurrency), methods);
}

const early = Array.from({ length: likelyWorkers() }, () => startWorker());

/** A worker that was started early, or a new one. */
export function takeWorker(): EngineWorker {
  return early.shift() ?? startWorker();
}

/** Ends the early workers that were not taken. */
export function dismissSpareWorkers(): void {
  for (const { worker } of early.splice(0)) worker.terminate();
}

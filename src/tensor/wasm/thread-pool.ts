/** The thread pool of the SIMD kernels: workers that run blocks of a job on the same memory (assembly/thread-pool.ts). */
import { IN_NODE } from '../gradients.ts';

interface WorkerInit {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  controlBlock: number;
  thread: number;
}

/** The worker's code. As text, it starts the same way from sources and from a bundle. */
const WORKER_SOURCE = `({ module, memory, controlBlock, thread }) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.initThread(controlBlock, thread);
  exports.runWorker();
}`;

/** Starts a worker, which never ends by itself and does not keep Node alive. Returns a function that terminates it. */
async function startWorker(init: WorkerInit): Promise<() => void> {
  if (IN_NODE) {
    const { Worker } = await import(/* @vite-ignore */ 'node:worker_threads');
    const worker = new Worker(`(${WORKER_SOURCE})(require('node:worker_threads').workerData)`, {
      eval: true,
      workerData: init,
      // Loaders and flags of the process are not passed on.
      execArgv: [],
    });
    worker.unref();
    return () => void worker.terminate();
  }
  const source = URL.createObjectURL(new Blob([`onmessage = ({ data }) => (${WORKER_SOURCE})(data)`]));
  const worker = new Worker(source);
  URL.revokeObjectURL(source);
  worker.postMessage(init);
  return () => worker.terminate();
}

/** Starts workers as threads 1 … `count`. Returns a function that terminates them. */
export async function startWorkers(count: number, init: Omit<WorkerInit, 'thread'>): Promise<() => void> {
  const stops = await Promise.all(Array.from({ length: count }, (_, i) => startWorker({ ...init, thread: i + 1 })));
  return () => {
    for (const stop of stops) stop();
  };
}

/** Number of threads of the machine. */
export async function machineThreads(): Promise<number> {
  if (!IN_NODE) return navigator.hardwareConcurrency;
  const { availableParallelism } = await import(/* @vite-ignore */ 'node:os');
  return availableParallelism();
}

/** Helper threads of the SIMD kernels: workers that take blocks of a job on the same memory (assembly/team.ts). */
import { IN_NODE } from '../gradients.ts';

interface HelperStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  control: number;
  member: number;
}

/** All that a helper runs. As text, so that it starts alike from sources and from a bundle. */
const SERVE = `({ module, memory, control, member }) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.join(control, member);
  exports.serve();
}`;

/** Starts one helper; it neither ends by itself nor keeps Node alive. Returns how to end it. */
async function startHelper(start: HelperStart): Promise<() => void> {
  if (IN_NODE) {
    const { Worker } = await import(/* @vite-ignore */ 'node:worker_threads');
    const worker = new Worker(`(${SERVE})(require('node:worker_threads').workerData)`, {
      eval: true,
      workerData: start,
      // Neither loaders nor flags of the process are its concern.
      execArgv: [],
    });
    worker.unref();
    return () => void worker.terminate();
  }
  const source = URL.createObjectURL(new Blob([`onmessage = ({ data }) => (${SERVE})(data)`]));
  const worker = new Worker(source);
  URL.revokeObjectURL(source);
  worker.postMessage(start);
  return () => worker.terminate();
}

/** Starts helpers as members 1 … `count` of a team. Returns how to end them. */
export async function startHelpers(count: number, start: Omit<HelperStart, 'member'>): Promise<() => void> {
  const stops = await Promise.all(Array.from({ length: count }, (_, i) => startHelper({ ...start, member: i + 1 })));
  return () => {
    for (const stop of stops) stop();
  };
}

/** Threads that the machine has. */
export async function machineThreads(): Promise<number> {
  if (!IN_NODE) return navigator.hardwareConcurrency;
  const { availableParallelism } = await import(/* @vite-ignore */ 'node:os');
  return availableParallelism();
}

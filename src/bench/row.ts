/** One row, in a process or worker of its own. */
import { memory } from '@tensorflow/tfjs-core';
import { simdContext } from '../tensor/backend-state.ts';
import { onGpuError, startBackend, type BackendId } from '../tensor/backend.ts';
import { IN_NODE } from '../tensor/gradients.ts';
import { bypassOverrides } from '../tensor/kernel-overrides.ts';
import { startCounting, type Counts } from './counting.ts';
import type { TimedBlock, RowMemory, RowReady, RowReply, RowRequest, RowSpec } from './messages.ts';
import { TRAINING_PATHS, type BenchRunner } from './paths.ts';
import type { BenchTask } from './tasks.ts';

export class Row {
  readonly ready: RowReady;
  readonly #runner: BenchRunner;
  readonly #counts: Counts;
  readonly #backend: BackendId;
  readonly #gpuErrors: readonly string[];

  private constructor(
    ready: RowReady,
    runner: BenchRunner,
    counts: Counts,
    backend: BackendId,
    gpuErrors: readonly string[],
  ) {
    this.#gpuErrors = gpuErrors;
    this.ready = ready;
    this.#runner = runner;
    this.#counts = counts;
    this.#backend = backend;
  }

  /** @throws Error If the row's backend or path is not available. */
  static async start({ backend, path, agents, threads }: RowSpec, task: BenchTask): Promise<Row> {
    const training = TRAINING_PATHS[path];
    if (!training || backend === 'cuda') throw new Error(`There is no path "${path}" on ${backend}.`);
    const info = await startBackend(backend, { threads });
    bypassOverrides(path === 'plain');
    const counts = startCounting();
    const gpuErrors: string[] = [];
    onGpuError((message) => gpuErrors.push(message));
    const runner = await training.create(task, agents);
    const began = performance.now();
    await runner.run(1);
    const ready: RowReady = {
      device: info.device,
      softwareAdapter: info.softwareAdapter,
      threads: (backend === 'wasm' ? simdContext()?.threads : null) ?? 1,
      versions: {},
      firstMs: performance.now() - began,
    };
    return new Row(ready, runner, counts, backend, gpuErrors);
  }

  async run(steps: number): Promise<TimedBlock> {
    const { kernels, dispatches } = this.#counts;
    const began = performance.now();
    const { jsMs, loss } = await this.#runner.run(steps);
    const ms = performance.now() - began;
    // WebGPU silently drops invalid work. A dropped step must not count as a fast one.
    if (this.#gpuErrors[0] !== undefined) throw new Error(`WebGPU: ${this.#gpuErrors[0]}`);
    const onGpu = this.#backend === 'webgpu';
    return {
      steps,
      ms,
      jsMs: onGpu ? jsMs : null,
      kernels: this.#counts.kernels - kernels,
      dispatches: onGpu ? this.#counts.dispatches - dispatches : null,
      loss,
    };
  }
}

function memoryNow(): RowMemory {
  const { numTensors, numBytes, numBytesAllocatedInGPU } = memory() as ReturnType<typeof memory> & {
    numBytesAllocatedInGPU?: number;
  };
  return {
    tensors: numTensors,
    bytes: numBytes,
    gpuBytes: numBytesAllocatedInGPU ?? null,
    processBytes: IN_NODE ? process.memoryUsage.rss() : null,
  };
}

/** Answers requests one at a time. Errors are replies too. */
export function rowServer(): (request: RowRequest) => Promise<RowReply> {
  let row: Row | null = null;
  return async (request) => {
    try {
      if ('start' in request) {
        row = await Row.start(request.start, request.task);
        return { ready: row.ready };
      }
      if (!row) throw new Error('No row was started.');
      return 'run' in request ? { block: await row.run(request.run) } : { memory: memoryNow() };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  };
}

/** What the bench and whatever runs one row (a process, a browser) say to each other: JSON, and nothing more. */
import type { BackendId } from '../tensor/backend.ts';
import type { BenchTask, TaskName } from './tasks.ts';

export const PATH_NAMES = ['plain', 'fused', 'recorded', 'empty', 'pytorch', 'pytorch-graphs'] as const;
export type PathName = (typeof PATH_NAMES)[number];

/** PyTorch's devices go by their own names. */
export type RowBackend = BackendId | 'cuda';

export interface RowSpec {
  name: TaskName;
  backend: RowBackend;
  path: PathName;
  /** Agents trained by one step's dispatches. */
  agents: number;
  /** Threads of the arithmetic, where a row has a say in it. */
  threads: number;
}

/** The row can run: it took its first step. */
export interface RowReady {
  /** What it runs on, in the words of the backend. */
  device: string;
  /** WebGPU on a software adapter. */
  softwareAdapter: boolean;
  /** Threads that it computes with. */
  threads: number;
  /** Versions that are its own alone, by name. */
  versions: Record<string, string>;
  /** Milliseconds of the first step, with everything that is compiled for it. */
  firstMs: number;
}

/** Steps that were taken one after the other. */
export interface TimedBlock {
  steps: number;
  /** Milliseconds until all of them were done. */
  ms: number;
  /** Of these, milliseconds until the calls returned; null where the call does the work itself. */
  jsMs: number | null;
  /** tfjs kernels; null outside of tfjs. */
  kernels: number | null;
  /** WebGPU compute dispatches; null elsewhere. */
  dispatches: number | null;
  /** A loss of the last step: the step was a real one. */
  loss: number;
}

/** What a row holds of memory. */
export interface RowMemory {
  tensors: number;
  /** Bytes of these tensors. */
  bytes: number;
  /** Bytes that the WebGPU backend holds in buffers, those it keeps for later included; null elsewhere. */
  gpuBytes: number | null;
  /** Bytes of the process; null in a browser. */
  processBytes: number | null;
}

export type RowRequest = { start: RowSpec; task: BenchTask } | { run: number } | { memory: true };
export type RowReply = { ready: RowReady } | { block: TimedBlock } | { memory: RowMemory } | { error: string };

/** JSON messages between the bench and the process or browser that runs a row. */
import type { BackendId } from '../tensor/backend.ts';
import type { BenchTask, TaskName } from './tasks.ts';

export const PATH_NAMES = ['plain', 'fused', 'recorded', 'empty', 'pytorch', 'pytorch-graphs'] as const;
export type PathName = (typeof PATH_NAMES)[number];

/** Backends of tfjs, and the device of PyTorch. */
export type RowBackend = BackendId | 'cuda';

export interface RowSpec {
  name: TaskName;
  backend: RowBackend;
  path: PathName;
  /** Agents trained by the dispatches of one step. */
  agents: number;
  /** Threads of the arithmetic, where the row can set them. */
  threads: number;
}

/** The row can run: it took its first step. */
export interface RowReady {
  /** The device as the backend names it. */
  device: string;
  /** Whether WebGPU runs on a software adapter. */
  softwareAdapter: boolean;
  /** Threads in use. */
  threads: number;
  /** Versions that only this row knows, by name. */
  versions: Record<string, string>;
  /** Milliseconds of the first step, compilation included. */
  firstMs: number;
}

/** Consecutive steps that were timed as one. */
export interface TimedBlock {
  steps: number;
  /** Milliseconds until all of them were done. */
  ms: number;
  /** Of these, milliseconds until the calls returned; null where the call does the work itself. */
  jsMs: number | null;
  /** tfjs kernels that ran; null outside of tfjs. */
  kernels: number | null;
  /** WebGPU compute dispatches; null elsewhere. */
  dispatches: number | null;
  /** A loss of the last step, which shows that the step really ran. */
  loss: number;
}

/** Memory use of a row. */
export interface RowMemory {
  tensors: number;
  /** Bytes of these tensors. */
  bytes: number;
  /** Bytes of the WebGPU backend's buffers, pooled ones included; null elsewhere. */
  gpuBytes: number | null;
  /** Bytes of the process; null in a browser. */
  processBytes: number | null;
}

export type RowRequest = { start: RowSpec; task: BenchTask } | { run: number } | { memory: true };
export type RowReply = { ready: RowReady } | { block: TimedBlock } | { memory: RowMemory } | { error: string };

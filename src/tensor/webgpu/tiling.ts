/** How the fused kernels cut their work, by what runs them. */
import { gpuProfile } from '../backend-state.ts';

export interface RowTiling {
  /** Rows of a batch that a workgroup takes through the whole network. */
  rows: number;
  /** Threads of a workgroup; each has groups of four adjacent columns. */
  threads: number;
}

export interface ProductTiling {
  /** Rows of the weight, in groups of four, that a thread sums. */
  outGroups: number;
  /** Columns of the weight, in groups of four. */
  inGroups: number;
  threads: number;
  /** Parts of the batch that are summed apart, and then together. */
  parts: number;
}

/**
 * @param width the widest of input and hidden layers, in groups of four
 * @param output the last layer, in groups of four: a workgroup has both in its memory
 */
export function rowTiling(width: number, output: number): RowTiling {
  const { software, workgroupMemory } = gpuProfile();
  // A software adapter pays for loads, not for registers: few threads with large tiles. A GPU wants many threads.
  const threads = software ? Math.max(4, Math.ceil(width / 4)) : Math.min(256, Math.max(32, width));
  const rows = Math.max(1, Math.min(8, Math.floor(workgroupMemory / 2 / (16 * Math.max(width, output)))));
  return { rows, threads };
}

/** @param count rows of the batch */
export function productTiling(count: number): ProductTiling {
  if (gpuProfile().software) return { outGroups: 2, inGroups: 4, threads: 64, parts: 1 };
  return { outGroups: 1, inGroups: 2, threads: 64, parts: Math.max(1, Math.min(8, Math.floor(count / 128))) };
}

/** How the fused kernels divide their work among workgroups and threads, on a GPU and on a software adapter. */
import { gpuProfile } from '../backend-state.ts';
import { THREADS } from './threads.ts';

export interface RowTiling {
  /** Rows of a batch that a workgroup computes, through the whole network. */
  rows: number;
  /** Threads of a workgroup. */
  threads: number;
  /**
   * Rows whose partial sums (row-lanes.ts) are combined at a time; 0 if each thread computes whole sums (row-tiles.ts).
   */
  partRows: number;
  /** Length of the partial sums in workgroup memory. */
  partial: number;
}

export interface ProductTiling {
  /** Rows of the weight, in groups of four, that a thread sums. */
  outGroups: number;
  /** Columns of the weight, in groups of four. */
  inGroups: number;
  threads: number;
  /** Rows of the batch that are read together. */
  rows: number;
  /** Parts of the batch that are summed separately, and then combined (split-K). */
  splits: number;
}

/** Most threads that compute one sum. */
const MAX_LANES = 16;
/** Banks of workgroup memory on common GPUs. */
const BANKS = 32;
/** Bytes of workgroup memory left to the kernel, such as for the positions of a chain's rows. */
const RESERVED_BYTES = 1024;

/** The largest power of two up to `value`, between 1 and `MAX_LANES`. */
export function powerOfTwo(value: number): number {
  return 2 ** Math.floor(Math.log2(Math.max(1, Math.min(value, MAX_LANES))));
}

/** How the sums of a layer, `width` groups of four columns over `terms` groups, are divided among threads. */
export interface Lanes {
  width: number;
  /** Lanes of a group. */
  count: number;
  /** Distance of two lanes' sums: chosen so that the lanes of a group write to different banks. */
  stride: number;
}

export function lanesOf(
  { threads, partRows }: Pick<RowTiling, 'threads' | 'partRows'>,
  width: number,
  terms: number,
): Lanes {
  const count = powerOfTwo(Math.min(threads / width, terms));
  return { width, count, stride: Math.ceil((partRows * 4 * width) / BANKS) * BANKS + BANKS / count };
}

/** Lanes of the last layer's sums. */
export function outputLanes(
  { rows, threads }: Pick<RowTiling, 'rows' | 'threads'>,
  output: number,
  terms: number,
): number {
  return powerOfTwo(Math.min(threads / (rows * output), terms));
}

/** Most numbers that the lanes store in workgroup memory, for layers of these widths. */
function partialLength(widths: readonly number[], tiling: Pick<RowTiling, 'rows' | 'threads' | 'partRows'>): number {
  const output = widths.at(-1) as number;
  const hidden = widths.slice(1, -1).flatMap((width, i) => {
    const [before, after] = [widths[i] as number, widths[i + 2] as number];
    return [lanesOf(tiling, width, before), lanesOf(tiling, width, after)];
  });
  const ofOutput = 4 * tiling.rows * output * outputLanes(tiling, output, widths.at(-2) as number);
  return Math.max(ofOutput, ...hidden.map(({ count, stride }) => count * stride));
}

/** @param widths of input, hidden layers and output, in groups of four */
export function rowTiling(widths: readonly number[]): RowTiling {
  const { software, workgroupMemory } = gpuProfile();
  const [widest, output] = [Math.max(...widths.slice(0, -1)), widths.at(-1) as number];
  // On a software adapter loads are expensive and registers are not: few threads with large tiles. A GPU needs many
  // threads.
  if (software || widest > THREADS) {
    const threads = software ? Math.max(4, Math.ceil(widest / 4)) : THREADS;
    const rows = Math.max(1, Math.min(8, Math.floor(workgroupMemory / 2 / (16 * Math.max(widest, output)))));
    return { rows, threads, partRows: 0, partial: 0 };
  }
  // Few passes: each is code of its own.
  for (const [rows, partRows] of [
    [8, 8],
    [8, 4],
    [4, 4],
    [4, 2],
    [2, 2],
  ] as const) {
    const partial = partialLength(widths, { rows, threads: THREADS, partRows });
    const bytes = 16 * rows * (widest + output) + 4 * partial;
    if (bytes + RESERVED_BYTES <= workgroupMemory) return { rows, threads: THREADS, partRows, partial };
  }
  const one = { rows: 1, threads: THREADS, partRows: 1 };
  return { ...one, partial: partialLength(widths, one) };
}

/** @param count rows of the batch */
export function productTiling(count: number): ProductTiling {
  if (gpuProfile().software) return { outGroups: 2, inGroups: 8, threads: 64, rows: 2, splits: 1 };
  // Several rows and many splits keep more loads in flight.
  return {
    outGroups: 1,
    inGroups: 2,
    threads: THREADS,
    rows: 4,
    splits: Math.max(1, Math.min(16, Math.floor(count / 32))),
  };
}

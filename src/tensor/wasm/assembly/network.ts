// An MLP's forward and backward passes over a block of rows. `network` points to integers: the number of layers, the
// activation, the widest layer (a multiple of 8), then the widths from input to output. `params` holds each layer's
// weight [out, in] and bias [out].
import { activate } from './activation';
import { COLUMNS, product, ROWS } from './gemm';
import { Job } from './job';
import { at } from './memory';
import { isNarrow, narrowProduct } from './narrow';
import { packAcross, packAlong, packedSize } from './packing';
import { copyColumns } from './rows';
import { threadMemory } from './thread-pool';

/** Most rows in a block (kept in step with src/tensor/wasm/mlp-passes.ts). */
const BLOCK: i32 = 128;
/** Rows of the batch per partial sum of a gradient: panels of this length fit the first-level cache. */
export const CHUNK: i32 = 256;

export function layersOf(network: usize): i32 {
  return load<i32>(network);
}

function activationOf(network: usize): i32 {
  return load<i32>(network, 4);
}

export function widest(network: usize): i32 {
  return load<i32>(network, 8);
}

/** Width of the input of layer `index`, or of the output (index = number of layers). */
export function width(network: usize, index: i32): i32 {
  return load<i32>(at(network, index), 12);
}

export function inputWidth(network: usize): i32 {
  return width(network, 0);
}

export function outputWidth(network: usize): i32 {
  return width(network, layersOf(network));
}

// Areas of a thread's scratch memory. The packed rows come first.

/** A row of zeros, after the packed rows. */
export function zerosArea(network: usize, own: usize): usize {
  return at(own, BLOCK * max(widest(network), CHUNK));
}

/** Activations that are not saved. */
function activationsArea(network: usize, own: usize): usize {
  return at(zerosArea(network, own), widest(network));
}

/** Rows of the network's input. */
export function inputArea(network: usize, own: usize): usize {
  return at(activationsArea(network, own), BLOCK * widest(network));
}

/** Rows of its output. */
export function outputArea(network: usize, own: usize): usize {
  return at(inputArea(network, own), BLOCK * inputWidth(network));
}

/** More rows as wide as the output. */
export function positionArea(network: usize, own: usize): usize {
  return at(outputArea(network, own), BLOCK * outputWidth(network));
}

/** Packs all weights for the forward pass, except those of a narrow output. */
export function packForward(network: usize, params: usize, packed: usize): void {
  const layers = layersOf(network);
  for (let i = 0; i < layers; i++) {
    const K = width(network, i);
    const N = width(network, i + 1);
    if (i == layers - 1 && isNarrow(N)) return;
    packAcross(params, K, N, K, COLUMNS, packed);
    packed = at(packed, packedSize(N, K, COLUMNS));
    params = at(params, (K + 1) * N);
  }
}

/** Packs all weights for the backward pass, last layer first; of the first layer only `columns` of the input's columns. */
export function packBackward(network: usize, params: usize, from: i32, columns: i32, packed: usize): void {
  for (let i = 0; i < layersOf(network); i++) params = at(params, (width(network, i) + 1) * width(network, i + 1));
  for (let i = layersOf(network) - 1; i >= 0; i--) {
    const all = width(network, i);
    const K = width(network, i + 1);
    const N = i > 0 ? all : columns;
    params -= (<usize>((all + 1) * K)) << 2;
    if (i == 0 && isNarrow(columns)) {
      for (let n = 0; n < columns; n++) copyColumns(at(packed, n * K), 1, 0, at(params, from + n), all, 1, K);
      return;
    }
    packAlong(at(params, i > 0 ? 0 : from), all, N, K, COLUMNS, packed);
    packed = at(packed, packedSize(N, K, COLUMNS));
  }
}

/**
 * The forward pass of some rows from `input` to `output`; the weights are packed in the shared scratch memory. Unless
 * `slopes` is 0, hidden activations and slopes are saved: layer after layer, `total` rows each, these rows from `first` on.
 */
export function forwardRows(
  job: Job,
  params: usize,
  input: usize,
  output: usize,
  hidden: usize,
  slopes: usize,
  total: i32,
  first: i32,
  rows: i32,
): void {
  const network = job.network;
  const own = job.threadScratch();
  let packed = job.scratch;
  const layers = layersOf(network);
  for (let i = 0; i < layers; i++) {
    const K = width(network, i);
    const N = width(network, i + 1);
    const last = i == layers - 1;
    if (last && isNarrow(N)) {
      narrowProduct(rows, N, K, input, params, at(params, K * N), output);
      return;
    }
    // The input is packed before the output is written, so unsaved activations share one area.
    const to = last ? output : slopes ? at(hidden, first * N) : activationsArea(network, own);
    packAcross(input, K, rows, K, ROWS, own);
    product(rows, N, K, own, packed, at(params, K * N), 0, to, N, 0, threadMemory());
    if (!last) {
      activate(activationOf(network), to, slopes ? at(slopes, first * N) : 0, rows * N, threadMemory());
      if (slopes) {
        hidden = at(hidden, total * N);
        slopes = at(slopes, total * N);
      }
    }
    input = to;
    packed = at(packed, packedSize(N, K, COLUMNS));
    params = at(params, (K + 1) * N);
  }
}

/**
 * The backward pass of some rows, from the output's gradient `upper` to that of `columns` columns of the input (0: the
 * input's gradient is not computed). Gradients before each hidden activation are written to `deltas`, which has the layout
 * of `slopes` and may be the same memory.
 */
export function backwardRows(
  job: Job,
  upper: usize,
  slopes: usize,
  deltas: usize,
  columns: i32,
  dx: usize,
  total: i32,
  first: i32,
  rows: i32,
): void {
  const network = job.network;
  const own = job.threadScratch();
  let packed = job.scratch;
  let before = 0;
  for (let i = 1; i < layersOf(network); i++) before += width(network, i);
  const zeros = zerosArea(network, own);
  memory.fill(zeros, 0, (<usize>widest(network)) << 2);
  for (let i = layersOf(network) - 1; i >= 0; i--) {
    const K = width(network, i + 1);
    const N = i > 0 ? width(network, i) : columns;
    if (N == 0) return;
    if (i > 0) before -= N;
    if (i == 0 && isNarrow(N)) {
      narrowProduct(rows, N, K, upper, packed, zeros, dx);
      return;
    }
    const place = total * before + first * N;
    const lower = i > 0 ? at(deltas, place) : dx;
    packAcross(upper, K, rows, K, ROWS, own);
    product(rows, N, K, own, packed, zeros, 0, lower, N, i > 0 ? at(slopes, place) : 0, threadMemory());
    upper = lower;
    packed = at(packed, packedSize(N, K, COLUMNS));
  }
}

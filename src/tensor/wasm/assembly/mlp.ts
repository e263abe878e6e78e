// A whole MLP over a batch: what src/tensor/kernels/mlp.ts describes. Blocks are rows of the batch, or, for the gradient
// of the parameters, rows of a weight; sums are never split.
import { COLUMNS, packAlong, product, ROWS } from './gemm';
import { BACKWARD, FORWARD, GRADIENT } from './jobs';
import { at, loadSome, storeSome } from './memory';
import {
  backwardRows,
  CHUNK,
  forwardRows,
  inputWidth,
  layersOf,
  outputWidth,
  ownScratch,
  packBackward,
  packForward,
  widest,
  width,
  zerosArea,
} from './network';
import { argument, dispatch, ownMemory, pointerArgument, setArgument } from './team';

// Arguments of every job: the network, and where scratch memory is.
const NETWORK: i32 = 0;
const SCRATCH: i32 = 1;
const SHARED: i32 = 2;
const OWN: i32 = 3;
const BATCH: i32 = 4;
const ROWS_A_BLOCK: i32 = 5;

/** Sets what all jobs are told. `scratch` holds `shared` elements for all, then `own` for each member. */
export function setCommon(network: usize, batch: i32, rows: i32, scratch: usize, shared: i32, own: i32): void {
  setArgument(NETWORK, <i32>network);
  setArgument(SCRATCH, <i32>scratch);
  setArgument(SHARED, shared);
  setArgument(OWN, own);
  setArgument(BATCH, batch);
  setArgument(ROWS_A_BLOCK, rows);
}

export function networkArgument(): usize {
  return pointerArgument(NETWORK);
}

export function scratchArgument(): usize {
  return pointerArgument(SCRATCH);
}

export function ownArgument(): usize {
  return ownScratch(scratchArgument(), argument(SHARED), argument(OWN));
}

export function batchArgument(): i32 {
  return argument(BATCH);
}

/** First row of a block. */
export function firstRow(block: i32): i32 {
  return block * argument(ROWS_A_BLOCK);
}

/** Rows of a block that starts at row `first` of `count`. */
export function blockRows(first: i32, count: i32): i32 {
  return min(argument(ROWS_A_BLOCK), count - first);
}

/** Where a job's other arguments begin. */
export const REST: i32 = 6;

/** y [B, out] of x [B, in]; hidden activations and their slopes, layer after layer, unless `slopes` is 0. */
export function mlpForward(
  network: usize,
  x: usize,
  params: usize,
  y: usize,
  hidden: usize,
  slopes: usize,
  batch: i32,
  rows: i32,
  scratch: usize,
  shared: i32,
  own: i32,
): void {
  packForward(network, params, scratch);
  setCommon(network, batch, rows, scratch, shared, own);
  setArgument(REST, <i32>x);
  setArgument(REST + 1, <i32>params);
  setArgument(REST + 2, <i32>y);
  setArgument(REST + 3, <i32>hidden);
  setArgument(REST + 4, <i32>slopes);
  dispatch(FORWARD, (batch + rows - 1) / rows);
}

export function forwardBlock(block: i32): void {
  const network = networkArgument();
  const first = firstRow(block);
  forwardRows(
    network,
    pointerArgument(REST + 1),
    scratchArgument(),
    at(pointerArgument(REST), first * inputWidth(network)),
    at(pointerArgument(REST + 2), first * outputWidth(network)),
    pointerArgument(REST + 3),
    pointerArgument(REST + 4),
    batchArgument(),
    first,
    blockRows(first, batchArgument()),
    ownArgument(),
  );
}

/**
 * The gradient before each hidden activation from dy [B, out], laid out as the slopes are; and dx [B, columns], of
 * the input's columns from `from` on.
 */
export function mlpBackward(
  network: usize,
  dy: usize,
  params: usize,
  slopes: usize,
  from: i32,
  columns: i32,
  dx: usize,
  deltas: usize,
  batch: i32,
  rows: i32,
  scratch: usize,
  shared: i32,
  own: i32,
): void {
  packBackward(network, params, from, columns, scratch);
  setCommon(network, batch, rows, scratch, shared, own);
  setArgument(REST, <i32>dy);
  setArgument(REST + 1, <i32>slopes);
  setArgument(REST + 2, columns);
  setArgument(REST + 3, <i32>dx);
  setArgument(REST + 4, <i32>deltas);
  dispatch(BACKWARD, (batch + rows - 1) / rows);
}

export function backwardBlock(block: i32): void {
  const network = networkArgument();
  const first = firstRow(block);
  const columns = argument(REST + 2);
  backwardRows(
    network,
    scratchArgument(),
    at(pointerArgument(REST), first * outputWidth(network)),
    pointerArgument(REST + 1),
    pointerArgument(REST + 4),
    columns,
    at(pointerArgument(REST + 3), first * columns),
    batchArgument(),
    first,
    blockRows(first, batchArgument()),
    ownArgument(),
  );
}

/** Gradient of the weights [out, in] = deltaᵀ · input and of the bias [out] = column sums of delta, in every layer. */
export function mlpParameterGradient(
  network: usize,
  x: usize,
  dy: usize,
  hidden: usize,
  deltas: usize,
  gradient: usize,
  batch: i32,
  rows: i32,
  scratch: usize,
  shared: i32,
  own: i32,
): void {
  const layers = layersOf(network);
  setCommon(network, batch, rows, scratch, shared, own);
  let input = x;
  for (let i = 0; i < layers; i++) {
    const N = width(network, i);
    const M = width(network, i + 1);
    const delta = i == layers - 1 ? dy : deltas;
    setArgument(REST, i);
    setArgument(REST + 2, <i32>gradient);
    for (let k = 0; k < batch; k += CHUNK) {
      const K = min(CHUNK, batch - k);
      packAlong(at(input, k * N), N, N, K, COLUMNS, scratch);
      setArgument(REST + 1, <i32>at(delta, k * M));
      setArgument(REST + 3, K);
      setArgument(REST + 4, k > 0);
      dispatch(GRADIENT, (M + rows - 1) / rows);
    }
    gradient = at(gradient, (N + 1) * M);
    input = hidden;
    hidden = at(hidden, batch * M);
    deltas = at(deltas, batch * M);
  }
}

export function gradientBlock(block: i32): void {
  const network = networkArgument();
  const layer = argument(REST);
  const N = width(network, layer);
  const M = width(network, layer + 1);
  const first = firstRow(block);
  const rows = blockRows(first, M);
  const own = ownArgument();
  const delta = at(pointerArgument(REST + 1), first);
  const weights = at(pointerArgument(REST + 2), first * N);
  const bias = at(pointerArgument(REST + 2), M * N + first);
  const K = argument(REST + 3);
  const adds = argument(REST + 4);
  packAlong(delta, M, rows, K, ROWS, own);
  const zeros = zerosArea(network, own);
  if (!adds) {
    memory.fill(zeros, 0, (<usize>widest(network)) << 2);
    memory.fill(bias, 0, (<usize>rows) << 2);
  }
  addPanelSums(own, K, rows, bias);
  product(rows, N, K, own, scratchArgument(), adds ? weights : zeros, adds ? N : 0, weights, N, ownMemory());
}

// Adds the sums of packed rows over k.
function addPanelSums(packed: usize, K: i32, rows: i32, sums: usize): void {
  for (let m = 0; m < rows; m += ROWS) {
    let even = f32x4.splat(0);
    let odd = f32x4.splat(0);
    for (let k = 0; k + 2 <= K; k += 2) {
      even = f32x4.add(even, v128.load(packed));
      odd = f32x4.add(odd, v128.load(packed, 16));
      packed += 32;
    }
    if (K & 1) {
      even = f32x4.add(even, v128.load(packed));
      packed += 16;
    }
    const to = at(sums, m);
    storeSome(to, f32x4.add(loadSome(to, rows - m), f32x4.add(even, odd)), rows - m);
  }
}

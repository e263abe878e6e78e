// A whole MLP over rows: what src/tensor/kernels/mlp.ts describes. `sizes` points to its widths from input to output
// (i32), `params` to each layer's weight [out, in] and bias [out]. Blocks are rows of the batch, or, for the gradient
// of the parameters, rows of a weight; sums are never split.
import { activate } from './activation';
import { COLUMNS, packAcross, packAlong, packedSize, product, ROWS } from './gemm';
import { BACKWARD, FORWARD, GRADIENT } from './jobs';
import { at, loadSome, roundUp, storeSome } from './memory';
import { argument, dispatch, memberIndex, ownMemory, setArgument } from './team';

function sizeAt(sizes: usize, index: i32): i32 {
  return load<i32>(at(sizes, index));
}

// Where member `m` packs its rows: behind what all share.
function ownScratch(scratch: usize, shared: i32, own: i32): usize {
  return at(scratch, shared + memberIndex() * own);
}

/**
 * y [B, out] of x [B, in]; hidden activations, and their slopes unless `slopes` is 0, layer after layer. `scratch`
 * holds `shared` elements for the packed weights and `own` for each member's packed rows.
 */
export function mlpForward(
  sizes: usize,
  layers: i32,
  activation: i32,
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
  let packed = scratch;
  let weights = params;
  for (let i = 0; i < layers; i++) {
    const K = sizeAt(sizes, i);
    const N = sizeAt(sizes, i + 1);
    packAcross(weights, K, N, K, COLUMNS, packed);
    packed = at(packed, packedSize(N, K, COLUMNS));
    weights = at(weights, (K + 1) * N);
  }
  setArgument(0, <i32>sizes);
  setArgument(1, layers);
  setArgument(2, activation);
  setArgument(3, <i32>x);
  setArgument(4, <i32>params);
  setArgument(5, <i32>y);
  setArgument(6, <i32>hidden);
  setArgument(7, <i32>slopes);
  setArgument(8, batch);
  setArgument(9, rows);
  setArgument(10, <i32>scratch);
  setArgument(11, shared);
  setArgument(12, own);
  dispatch(FORWARD, (batch + rows - 1) / rows);
}

export function forwardBlock(block: i32): void {
  const sizes = <usize>argument(0);
  const layers = argument(1);
  const activation = argument(2);
  const batch = argument(8);
  const first = block * argument(9);
  const rows = min(argument(9), batch - first);
  const own = ownScratch(<usize>argument(10), argument(11), argument(12));
  let input = at(<usize>argument(3), first * sizeAt(sizes, 0));
  let weights = <usize>argument(4);
  let packed = <usize>argument(10);
  let hidden = <usize>argument(6);
  let slopes = <usize>argument(7);
  for (let i = 0; i < layers; i++) {
    const K = sizeAt(sizes, i);
    const N = sizeAt(sizes, i + 1);
    const last = i == layers - 1;
    const output = at(last ? <usize>argument(5) : hidden, first * N);
    packAcross(input, K, rows, K, ROWS, own);
    product(rows, N, K, own, packed, at(weights, K * N), 0, output, N, ownMemory());
    if (!last) {
      activate(activation, output, slopes ? at(slopes, first * N) : 0, rows * N, ownMemory());
      hidden = at(hidden, batch * N);
      if (slopes) slopes = at(slopes, batch * N);
    }
    input = output;
    packed = at(packed, packedSize(N, K, COLUMNS));
    weights = at(weights, (K + 1) * N);
  }
}

/** dx [B, in] of dy [B, out], and the gradient before each hidden activation, laid out as the slopes are. */
export function mlpBackward(
  sizes: usize,
  layers: i32,
  dy: usize,
  params: usize,
  slopes: usize,
  dx: usize,
  deltas: usize,
  batch: i32,
  rows: i32,
  scratch: usize,
  shared: i32,
  own: i32,
): void {
  let packed = scratch;
  let weights = params;
  for (let i = 0; i < layers; i++) {
    const N = sizeAt(sizes, i);
    const K = sizeAt(sizes, i + 1);
    packAlong(weights, N, N, K, COLUMNS, packed);
    packed = at(packed, packedSize(N, K, COLUMNS));
    weights = at(weights, (N + 1) * K);
  }
  setArgument(0, <i32>sizes);
  setArgument(1, layers);
  setArgument(2, <i32>dy);
  setArgument(3, <i32>packed);
  setArgument(4, <i32>slopes);
  setArgument(5, <i32>dx);
  setArgument(6, <i32>deltas);
  setArgument(7, batch);
  setArgument(8, rows);
  setArgument(9, <i32>scratch);
  setArgument(10, shared);
  setArgument(11, own);
  dispatch(BACKWARD, (batch + rows - 1) / rows);
}

export function backwardBlock(block: i32): void {
  const sizes = <usize>argument(0);
  const layers = argument(1);
  const batch = argument(7);
  const first = block * argument(8);
  const rows = min(argument(8), batch - first);
  const own = ownScratch(<usize>argument(9), argument(10), argument(11));
  let upper = at(<usize>argument(2), first * sizeAt(sizes, layers));
  // Behind the last layer's; each layer steps back over its own.
  let packed = <usize>argument(3);
  let offset = 0;
  for (let i = 1; i < layers; i++) offset += batch * sizeAt(sizes, i);
  for (let i = layers - 1; i >= 0; i--) {
    const N = sizeAt(sizes, i);
    const K = sizeAt(sizes, i + 1);
    packed = packed - ((<usize>packedSize(N, K, COLUMNS)) << 2);
    if (i > 0) offset -= batch * N;
    const lower = at(i > 0 ? at(<usize>argument(6), offset) : <usize>argument(5), first * N);
    packAcross(upper, K, rows, K, ROWS, own);
    const zeros = at(own, packedSize(rows, K, ROWS));
    memory.fill(zeros, 0, (<usize>N) << 2);
    product(rows, N, K, own, packed, zeros, 0, lower, N, ownMemory());
    if (i > 0) multiply(lower, at(<usize>argument(4), offset + first * N), rows * N);
    upper = lower;
  }
}

function multiply(x: usize, by: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(at(x, i), f32x4.mul(v128.load(at(x, i)), v128.load(at(by, i))));
  for (; i < n; i++) store<f32>(at(x, i), load<f32>(at(x, i)) * load<f32>(at(by, i)));
}

/** Rows of the batch that are packed at once: a panel of 8 columns then stays in the first-level cache. */
const CHUNK: i32 = 512;

/** Gradient of the weights [out, in] = deltaᵀ · input and of the bias [out] = column sums of delta, in every layer. */
export function mlpParameterGradient(
  sizes: usize,
  layers: i32,
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
  let input = x;
  setArgument(5, batch);
  setArgument(6, rows);
  setArgument(7, <i32>scratch);
  setArgument(8, shared);
  setArgument(9, own);
  for (let i = 0; i < layers; i++) {
    const N = sizeAt(sizes, i);
    const M = sizeAt(sizes, i + 1);
    for (let k = 0; k < batch; k += CHUNK) {
      packAlong(at(input, k * N), N, N, min(CHUNK, batch - k), COLUMNS, at(scratch, k * roundUp(N, COLUMNS)));
    }
    setArgument(0, <i32>(i == layers - 1 ? dy : deltas));
    setArgument(1, <i32>gradient);
    setArgument(2, M);
    setArgument(3, N);
    dispatch(GRADIENT, (M + rows - 1) / rows);
    gradient = at(gradient, (N + 1) * M);
    input = hidden;
    hidden = at(hidden, batch * M);
    deltas = at(deltas, batch * M);
  }
}

export function gradientBlock(block: i32): void {
  const M = argument(2);
  const N = argument(3);
  const batch = argument(5);
  const first = block * argument(6);
  const rows = min(argument(6), M - first);
  const scratch = <usize>argument(7);
  const own = ownScratch(scratch, argument(8), argument(9));
  const delta = at(<usize>argument(0), first);
  const weights = at(<usize>argument(1), first * N);
  const bias = at(<usize>argument(1), M * N + first);
  memory.fill(bias, 0, (<usize>rows) << 2);
  const zeros = at(own, packedSize(rows, min(CHUNK, batch), ROWS));
  memory.fill(zeros, 0, (<usize>N) << 2);
  for (let k = 0; k < batch; k += CHUNK) {
    const K = min(CHUNK, batch - k);
    packAlong(at(delta, k * M), M, rows, K, ROWS, own);
    addPanelSums(own, K, rows, bias);
    const packed = at(scratch, k * roundUp(N, COLUMNS));
    product(rows, N, K, own, packed, k ? weights : zeros, k ? N : 0, weights, N, ownMemory());
  }
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

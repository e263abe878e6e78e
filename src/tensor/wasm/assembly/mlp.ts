// An MLP over a batch, as src/tensor/kernels/mlp.ts defines it. A block is some rows of the batch or, for the gradient of
// the parameters, some rows of a weight; a sum is never split between blocks.
import { COLUMNS, product, ROWS } from './gemm';
import { Job, jobAs } from './job';
import { BACKWARD, FORWARD, GRADIENT } from './jobs';
import { at, loadSome, storeSome } from './memory';
import {
  backwardRows,
  CHUNK,
  forwardRows,
  inputWidth,
  layersOf,
  outputWidth,
  packBackward,
  packForward,
  widest,
  width,
  zerosArea,
} from './network';
import { packAlong } from './packing';
import { dispatch, threadMemory } from './thread-pool';

@unmanaged
class ForwardJob extends Job {
  x: usize;
  params: usize;
  y: usize;
  hidden: usize;
  slopes: usize;
}

/** y [B, out] of x [B, in]; hidden activations and their slopes, layer after layer, unless `slopes` is 0. */
export function mlpForward(x: usize, params: usize, y: usize, hidden: usize, slopes: usize): void {
  const job = jobAs<ForwardJob>();
  packForward(job.network, params, job.scratch);
  job.x = x;
  job.params = params;
  job.y = y;
  job.hidden = hidden;
  job.slopes = slopes;
  dispatch(FORWARD, job.blocksOf(job.batch));
}

export function forwardBlock(block: i32): void {
  const job = jobAs<ForwardJob>();
  const first = job.firstRow(block);
  const rows = job.rowsFrom(first, job.batch);
  const x = at(job.x, first * inputWidth(job.network));
  const y = at(job.y, first * outputWidth(job.network));
  forwardRows(job, job.params, x, y, job.hidden, job.slopes, job.batch, first, rows);
}

@unmanaged
class BackwardJob extends Job {
  dy: usize;
  slopes: usize;
  /** How many columns of the input. */
  columns: i32;
  dx: usize;
  deltas: usize;
}

/**
 * From dy [B, out]: the gradient before each hidden activation, in the layout of the slopes, and dx [B, columns], the
 * gradient of the input's columns starting at `from`.
 */
export function mlpBackward(
  dy: usize,
  params: usize,
  slopes: usize,
  from: i32,
  columns: i32,
  dx: usize,
  deltas: usize,
): void {
  const job = jobAs<BackwardJob>();
  packBackward(job.network, params, from, columns, job.scratch);
  job.dy = dy;
  job.slopes = slopes;
  job.columns = columns;
  job.dx = dx;
  job.deltas = deltas;
  dispatch(BACKWARD, job.blocksOf(job.batch));
}

export function backwardBlock(block: i32): void {
  const job = jobAs<BackwardJob>();
  const first = job.firstRow(block);
  const rows = job.rowsFrom(first, job.batch);
  const dy = at(job.dy, first * outputWidth(job.network));
  const dx = at(job.dx, first * job.columns);
  backwardRows(job, dy, job.slopes, job.deltas, job.columns, dx, job.batch, first, rows);
}

/** A chunk of the batch in one layer. Its inputs are packed in the shared scratch memory. */
@unmanaged
class GradientJob extends Job {
  layer: i32;
  /** The chunk's deltas, and its number of rows. */
  delta: usize;
  chunk: i32;
  /** Gradient of the layer's weight, then of its bias. */
  gradient: usize;
  /** Whether to add to the gradient of an earlier chunk. */
  adds: bool;
}

/**
 * For every layer, the gradient of the weights [out, in] = deltaᵀ · input and of the bias [out] = column sums of delta. A
 * block is some rows of the weights.
 */
export function mlpParameterGradient(x: usize, dy: usize, hidden: usize, deltas: usize, gradient: usize): void {
  const job = jobAs<GradientJob>();
  const network = job.network;
  const batch = job.batch;
  const layers = layersOf(network);
  let input = x;
  for (let i = 0; i < layers; i++) {
    const N = width(network, i);
    const M = width(network, i + 1);
    const delta = i == layers - 1 ? dy : deltas;
    job.layer = i;
    job.gradient = gradient;
    for (let k = 0; k < batch; k += CHUNK) {
      const K = min(CHUNK, batch - k);
      packAlong(at(input, k * N), N, N, K, COLUMNS, job.scratch);
      job.delta = at(delta, k * M);
      job.chunk = K;
      job.adds = k > 0;
      dispatch(GRADIENT, job.blocksOf(M));
    }
    gradient = at(gradient, (N + 1) * M);
    input = hidden;
    hidden = at(hidden, batch * M);
    deltas = at(deltas, batch * M);
  }
}

export function gradientBlock(block: i32): void {
  const job = jobAs<GradientJob>();
  const network = job.network;
  const N = width(network, job.layer);
  const M = width(network, job.layer + 1);
  const K = job.chunk;
  const first = job.firstRow(block);
  const rows = job.rowsFrom(first, M);
  const own = job.threadScratch();
  const weights = at(job.gradient, first * N);
  const bias = at(job.gradient, M * N + first);
  packAlong(at(job.delta, first), M, rows, K, ROWS, own);
  const zeros = zerosArea(network, own);
  if (!job.adds) {
    memory.fill(zeros, 0, (<usize>widest(network)) << 2);
    memory.fill(bias, 0, (<usize>rows) << 2);
  }
  addPanelSums(own, K, rows, bias);
  product(rows, N, K, own, job.scratch, job.adds ? weights : zeros, job.adds ? N : 0, weights, N, 0, threadMemory());
}

// Adds the sum over k of each packed row.
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

// The reverse chain of a denoiser: rows go through all of its steps without leaving their block. What
// src/tensor/kernels/reverse-step.ts describes, over and over. Rows of what is kept are reverse step after reverse
// step, each the whole batch.
import { CHAIN, CHAIN_BACKWARD } from './jobs';
import { at } from './memory';
import {
  batchArgument,
  blockRows,
  firstRow,
  networkArgument,
  ownArgument,
  REST,
  scratchArgument,
  setCommon,
} from './mlp';
import {
  backwardRows,
  forwardRows,
  inputArea,
  inputWidth,
  outputArea,
  outputWidth,
  packBackward,
  packForward,
  positionArea,
  width,
} from './network';
import { argument, dispatch, pointerArgument, setArgument } from './team';

// A step of the plan: its row of the table (i32); then a, b, c0, cx, ce, σ, the bound, and the bound of the result.
const STEP: i32 = 9;

function coefficient(plan: usize, k: i32, index: i32): f32 {
  return load<f32>(at(plan, k * STEP + 1 + index));
}

function clamp(x: f32, bound: f32): f32 {
  return min(max(x, -bound), bound);
}

/**
 * y [B, A] from `start` [B, A] by `steps` reverse steps, in states [B, S]. `table` [T, W] embeds the diffusion steps;
 * `noise` [steps, B, A]. Unless `slopes` is 0, the network's inputs, outputs, hidden activations and slopes are kept.
 */
export function chainForward(
  network: usize,
  params: usize,
  table: usize,
  states: usize,
  stateWidth: i32,
  start: usize,
  noise: usize,
  plan: usize,
  steps: i32,
  y: usize,
  inputs: usize,
  outputs: usize,
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
  setArgument(REST, <i32>params);
  setArgument(REST + 1, <i32>table);
  setArgument(REST + 2, <i32>states);
  setArgument(REST + 3, stateWidth);
  setArgument(REST + 4, <i32>start);
  setArgument(REST + 5, <i32>noise);
  setArgument(REST + 6, <i32>plan);
  setArgument(REST + 7, steps);
  setArgument(REST + 8, <i32>y);
  setArgument(REST + 9, <i32>inputs);
  setArgument(REST + 10, <i32>outputs);
  setArgument(REST + 11, <i32>hidden);
  setArgument(REST + 12, <i32>slopes);
  dispatch(CHAIN, (batch + rows - 1) / rows);
}

export function chainBlock(block: i32): void {
  const network = networkArgument();
  const batch = batchArgument();
  const first = firstRow(block);
  const rows = blockRows(first, batch);
  const own = ownArgument();
  const params = pointerArgument(REST);
  const stateWidth = argument(REST + 3);
  const states = at(pointerArgument(REST + 2), first * stateWidth);
  const plan = pointerArgument(REST + 6);
  const steps = argument(REST + 7);
  const slopes = pointerArgument(REST + 12);
  const In = inputWidth(network);
  const A = outputWidth(network);
  const W = In - A - stateWidth;
  const position = positionArea(network, own);
  copy(at(pointerArgument(REST + 4), first * A), position, rows * A);
  for (let k = 0; k < steps; k++) {
    const row = k * batch + first;
    const input = slopes ? at(pointerArgument(REST + 9), row * In) : inputArea(network, own);
    const output = slopes ? at(pointerArgument(REST + 10), row * A) : outputArea(network, own);
    const embedding = at(pointerArgument(REST + 1), load<i32>(at(plan, k * STEP)) * W);
    putColumns(input, In, 0, position, A, A, rows);
    putColumns(input, In, A, embedding, 0, W, rows);
    putColumns(input, In, A + W, states, stateWidth, stateWidth, rows);
    const hidden = pointerArgument(REST + 11);
    forwardRows(network, params, scratchArgument(), input, output, hidden, slopes, steps * batch, row, rows, own);
    reverse(position, output, at(pointerArgument(REST + 5), row * A), plan, k, rows * A);
  }
  copy(position, at(pointerArgument(REST + 8), first * A), rows * A);
}

// Takes the position x to the next one.
function reverse(position: usize, epsilon: usize, noise: usize, plan: usize, k: i32, n: i32): void {
  const a = coefficient(plan, k, 0);
  const b = coefficient(plan, k, 1);
  const c0 = coefficient(plan, k, 2);
  const cx = coefficient(plan, k, 3);
  const ce = coefficient(plan, k, 4);
  const sigma = coefficient(plan, k, 5);
  const bound = coefficient(plan, k, 6);
  const limit = coefficient(plan, k, 7);
  for (let i = 0; i < n; i++) {
    const x = load<f32>(at(position, i));
    const e = load<f32>(at(epsilon, i));
    const next = c0 * clamp(a * x - b * e, bound) + cx * x + ce * e + sigma * load<f32>(at(noise, i));
    store<f32>(at(position, i), clamp(next, limit));
  }
}

/**
 * Gradients of what was kept from dy [B, A]: of the network's outputs, and before each hidden activation. `columns` is A.
 */
export function chainBackward(
  network: usize,
  params: usize,
  dy: usize,
  noise: usize,
  plan: usize,
  steps: i32,
  inputs: usize,
  outputs: usize,
  slopes: usize,
  dOutputs: usize,
  deltas: usize,
  batch: i32,
  rows: i32,
  scratch: usize,
  shared: i32,
  own: i32,
): void {
  packBackward(network, params, 0, outputWidth(network), scratch);
  setCommon(network, batch, rows, scratch, shared, own);
  setArgument(REST, <i32>dy);
  setArgument(REST + 1, <i32>noise);
  setArgument(REST + 2, <i32>plan);
  setArgument(REST + 3, steps);
  setArgument(REST + 4, <i32>inputs);
  setArgument(REST + 5, <i32>outputs);
  setArgument(REST + 6, <i32>slopes);
  setArgument(REST + 7, <i32>dOutputs);
  setArgument(REST + 8, <i32>deltas);
  dispatch(CHAIN_BACKWARD, (batch + rows - 1) / rows);
}

export function chainBackwardBlock(block: i32): void {
  const network = networkArgument();
  const batch = batchArgument();
  const first = firstRow(block);
  const rows = blockRows(first, batch);
  const own = ownArgument();
  const plan = pointerArgument(REST + 2);
  const steps = argument(REST + 3);
  const slopes = pointerArgument(REST + 6);
  const deltas = pointerArgument(REST + 8);
  const In = inputWidth(network);
  const A = outputWidth(network);
  // The gradient of the position, and what the network adds to it.
  const position = positionArea(network, own);
  const added = outputArea(network, own);
  copy(at(pointerArgument(REST), first * A), position, rows * A);
  for (let k = steps - 1; k >= 0; k--) {
    const row = k * batch + first;
    const input = at(pointerArgument(REST + 4), row * In);
    const output = at(pointerArgument(REST + 5), row * A);
    const noise = at(pointerArgument(REST + 1), row * A);
    const dOutput = at(pointerArgument(REST + 7), row * A);
    reverseGradient(position, input, In, output, noise, plan, k, dOutput, A, rows);
    // Where the chain starts is nobody's to change.
    const columns = k > 0 ? A : 0;
    const total = steps * batch;
    backwardRows(network, scratchArgument(), dOutput, slopes, deltas, columns, added, total, row, rows, own);
    if (k > 0) for (let i = 0; i < rows * A; i++) addTo(at(position, i), load<f32>(at(added, i)));
  }
}

function addTo(to: usize, value: f32): void {
  store<f32>(to, load<f32>(to) + value);
}

// Takes the gradient of the next position to the direct part of this one's, and to that of the network's output. A clip
// passes it inside its bounds alone.
function reverseGradient(
  position: usize,
  input: usize,
  inputStride: i32,
  epsilon: usize,
  noise: usize,
  plan: usize,
  k: i32,
  dEpsilon: usize,
  A: i32,
  rows: i32,
): void {
  const a = coefficient(plan, k, 0);
  const b = coefficient(plan, k, 1);
  const c0 = coefficient(plan, k, 2);
  const cx = coefficient(plan, k, 3);
  const ce = coefficient(plan, k, 4);
  const sigma = coefficient(plan, k, 5);
  const bound = coefficient(plan, k, 6);
  const limit = coefficient(plan, k, 7);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < A; c++) {
      const i = row * A + c;
      const x = load<f32>(at(input, row * inputStride + c));
      const e = load<f32>(at(epsilon, i));
      const x0 = a * x - b * e;
      const next = c0 * clamp(x0, bound) + cx * x + ce * e + sigma * load<f32>(at(noise, i));
      const g: f32 = abs(next) <= limit ? load<f32>(at(position, i)) : 0;
      const inside: f32 = abs(x0) <= bound ? c0 : 0;
      store<f32>(at(position, i), g * (cx + inside * a));
      store<f32>(at(dEpsilon, i), g * (ce - inside * b));
    }
  }
}

/**
 * What the embeddings' columns of the input get, summed over the batch: adds the gradient of step k to row at(k) of
 * the table's [T, W], from the gradients before the first activation.
 */
export function chainTableGradient(
  network: usize,
  params: usize,
  plan: usize,
  steps: i32,
  deltas: usize,
  timeWidth: i32,
  batch: i32,
  gradient: usize,
  scratch: usize,
): void {
  const In = inputWidth(network);
  const H = width(network, 1);
  const A = outputWidth(network);
  for (let k = 0; k < steps; k++) {
    memory.fill(scratch, 0, (<usize>H) << 2);
    for (let row = 0; row < batch; row++) addRow(scratch, at(deltas, (k * batch + row) * H), H);
    const to = at(gradient, load<i32>(at(plan, k * STEP)) * timeWidth);
    for (let h = 0; h < H; h++) {
      const sum = load<f32>(at(scratch, h));
      const weights = at(params, h * In + A);
      for (let c = 0; c < timeWidth; c++) addTo(at(to, c), sum * load<f32>(at(weights, c)));
    }
  }
}

function addRow(sums: usize, row: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(at(sums, i), f32x4.add(v128.load(at(sums, i)), v128.load(at(row, i))));
  for (; i < n; i++) addTo(at(sums, i), load<f32>(at(row, i)));
}

function copy(from: usize, to: usize, n: i32): void {
  memory.copy(to, from, (<usize>n) << 2);
}

/** Writes rows (`stride` apart, 0 for the same one again) into columns from `column` on of rows `outWidth` wide. */
export function putColumns(
  out: usize,
  outWidth: i32,
  column: i32,
  from: usize,
  stride: i32,
  width: i32,
  rows: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const to = at(out, row * outWidth + column);
    const source = at(from, row * stride);
    for (let c = 0; c < width; c++) store<f32>(at(to, c), load<f32>(at(source, c)));
  }
}

/**
 * The denoiser's input rows of the cloning loss: noised actions √ᾱ a + √(1−ᾱ) ε, embedding and state, each row at its
 * own diffusion step (i32).
 */
export function noisedRows(
  input: usize,
  actions: usize,
  noise: usize,
  diffusionSteps: usize,
  signal: usize,
  noiseScale: usize,
  table: usize,
  states: usize,
  A: i32,
  W: i32,
  S: i32,
  batch: i32,
): void {
  const In = A + W + S;
  for (let row = 0; row < batch; row++) {
    const step = load<i32>(at(diffusionSteps, row));
    const s = load<f32>(at(signal, step));
    const n = load<f32>(at(noiseScale, step));
    for (let c = 0; c < A; c++) {
      const i = row * A + c;
      store<f32>(at(input, row * In + c), s * load<f32>(at(actions, i)) + n * load<f32>(at(noise, i)));
    }
    putColumns(at(input, row * In), In, A, at(table, step * W), 0, W, 1);
  }
  putColumns(input, In, A + W, states, S, S, batch);
}

/** Adds row after row [B, W] to the rows of the table's gradient [T, W] that they were taken from. */
export function addToTable(rows: usize, diffusionSteps: usize, W: i32, batch: i32, gradient: usize): void {
  for (let row = 0; row < batch; row++) {
    addRow(at(gradient, load<i32>(at(diffusionSteps, row)) * W), at(rows, row * W), W);
  }
}

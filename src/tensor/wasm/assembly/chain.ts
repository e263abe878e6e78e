// The reverse chain of a denoiser: a block of rows passes through all reverse steps (src/tensor/kernels/reverse-step.ts).
// Saved rows are ordered by reverse step, then by row of the batch.
import { Job, jobAs } from './job';
import { CHAIN, CHAIN_BACKWARD } from './jobs';
import { at } from './memory';
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
import { addRow, addTo, copy, copyColumns } from './rows';
import { dispatch } from './thread-pool';

/** A step of the plan. */
@unmanaged
class Step {
  /** Its row of the table. */
  at: i32;
  a: f32;
  b: f32;
  c0: f32;
  cx: f32;
  ce: f32;
  sigma: f32;
  bound: f32;
  /** Bound of the result. */
  limit: f32;

  /** x̂0 before it is clipped. */
  denoised(x: f32, epsilon: f32): f32 {
    return this.a * x - this.b * epsilon;
  }

  /** The result before it is clipped. */
  next(denoised: f32, x: f32, epsilon: f32, noise: f32): f32 {
    return this.c0 * clamp(denoised, this.bound) + this.cx * x + this.ce * epsilon + this.sigma * noise;
  }
}

function stepOf(plan: usize, k: i32): Step {
  return changetype<Step>(plan + <usize>k * offsetof<Step>());
}

function clamp(x: f32, bound: f32): f32 {
  return min(max(x, -bound), bound);
}

/** Arguments of both passes along the chain. */
@unmanaged
class ChainJob extends Job {
  noise: usize;
  plan: usize;
  steps: i32;
  // Saved for the backward pass.
  inputs: usize;
  outputs: usize;
  slopes: usize;

  setCommon(noise: usize, plan: usize, steps: i32, inputs: usize, outputs: usize, slopes: usize): void {
    this.noise = noise;
    this.plan = plan;
    this.steps = steps;
    this.inputs = inputs;
    this.outputs = outputs;
    this.slopes = slopes;
  }
}

@unmanaged
class ForwardJob extends ChainJob {
  params: usize;
  table: usize;
  states: usize;
  stateWidth: i32;
  start: usize;
  y: usize;
  hidden: usize;
}

/**
 * y [B, A] from `start` [B, A] by `steps` reverse steps, in states [B, S]. `table` [T, W] embeds the diffusion steps;
 * `noise` [steps, B, A]. Unless `slopes` is 0, the network's inputs, outputs, hidden activations and slopes are saved.
 */
export function chainForward(
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
): void {
  const job = jobAs<ForwardJob>();
  packForward(job.network, params, job.scratch);
  job.setCommon(noise, plan, steps, inputs, outputs, slopes);
  job.params = params;
  job.table = table;
  job.states = states;
  job.stateWidth = stateWidth;
  job.start = start;
  job.y = y;
  job.hidden = hidden;
  dispatch(CHAIN, job.blocksOf(job.batch));
}

export function chainBlock(block: i32): void {
  const job = jobAs<ForwardJob>();
  const network = job.network;
  const first = job.firstRow(block);
  const rows = job.rowsFrom(first, job.batch);
  const own = job.threadScratch();
  const stateWidth = job.stateWidth;
  const states = at(job.states, first * stateWidth);
  const slopes = job.slopes;
  const In = inputWidth(network);
  const A = outputWidth(network);
  const W = In - A - stateWidth;
  const position = positionArea(network, own);
  copy(at(job.start, first * A), position, rows * A);
  for (let k = 0; k < job.steps; k++) {
    const step = stepOf(job.plan, k);
    const row = k * job.batch + first;
    const input = slopes ? at(job.inputs, row * In) : inputArea(network, own);
    const output = slopes ? at(job.outputs, row * A) : outputArea(network, own);
    copyColumns(input, In, 0, position, A, A, rows);
    copyColumns(input, In, A, at(job.table, step.at * W), 0, W, rows);
    copyColumns(input, In, A + W, states, stateWidth, stateWidth, rows);
    forwardRows(job, job.params, input, output, job.hidden, slopes, job.steps * job.batch, row, rows);
    reverse(step, position, output, at(job.noise, row * A), rows * A);
  }
  copy(position, at(job.y, first * A), rows * A);
}

// Replaces the position x by the next one.
function reverse(step: Step, position: usize, epsilon: usize, noise: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const x = load<f32>(at(position, i));
    const e = load<f32>(at(epsilon, i));
    const next = step.next(step.denoised(x, e), x, e, load<f32>(at(noise, i)));
    store<f32>(at(position, i), clamp(next, step.limit));
  }
}

@unmanaged
class BackwardJob extends ChainJob {
  dy: usize;
  dOutputs: usize;
  deltas: usize;
}

/** Gradients from dy [B, A]: of the network's outputs, and before each hidden activation, for every saved row. */
export function chainBackward(
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
): void {
  const job = jobAs<BackwardJob>();
  packBackward(job.network, params, 0, outputWidth(job.network), job.scratch);
  job.setCommon(noise, plan, steps, inputs, outputs, slopes);
  job.dy = dy;
  job.dOutputs = dOutputs;
  job.deltas = deltas;
  dispatch(CHAIN_BACKWARD, job.blocksOf(job.batch));
}

export function chainBackwardBlock(block: i32): void {
  const job = jobAs<BackwardJob>();
  const network = job.network;
  const first = job.firstRow(block);
  const rows = job.rowsFrom(first, job.batch);
  const own = job.threadScratch();
  const total = job.steps * job.batch;
  const In = inputWidth(network);
  const A = outputWidth(network);
  // The gradient of the position, and the part of it that comes through the network.
  const position = positionArea(network, own);
  const added = outputArea(network, own);
  copy(at(job.dy, first * A), position, rows * A);
  for (let k = job.steps - 1; k >= 0; k--) {
    const row = k * job.batch + first;
    const input = at(job.inputs, row * In);
    const output = at(job.outputs, row * A);
    const noise = at(job.noise, row * A);
    const dOutput = at(job.dOutputs, row * A);
    reverseGradient(stepOf(job.plan, k), position, input, In, output, noise, dOutput, A, rows);
    // The start of the chain needs no gradient.
    const columns = k > 0 ? A : 0;
    backwardRows(job, dOutput, job.slopes, job.deltas, columns, added, total, row, rows);
    if (k > 0) for (let i = 0; i < rows * A; i++) addTo(at(position, i), load<f32>(at(added, i)));
  }
}

// From the gradient of the next position: the direct part of this position's gradient, and the gradient of the network's
// output. A clip passes a gradient only inside its bounds.
function reverseGradient(
  step: Step,
  position: usize,
  input: usize,
  inputStride: i32,
  epsilon: usize,
  noise: usize,
  dEpsilon: usize,
  A: i32,
  rows: i32,
): void {
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < A; c++) {
      const i = row * A + c;
      const x = load<f32>(at(input, row * inputStride + c));
      const e = load<f32>(at(epsilon, i));
      const denoised = step.denoised(x, e);
      const next = step.next(denoised, x, e, load<f32>(at(noise, i)));
      const g: f32 = abs(next) <= step.limit ? load<f32>(at(position, i)) : 0;
      const inside: f32 = abs(denoised) <= step.bound ? step.c0 : 0;
      store<f32>(at(position, i), g * (step.cx + inside * step.a));
      store<f32>(at(dEpsilon, i), g * (step.ce - inside * step.b));
    }
  }
}

/**
 * The gradient of the embedding table [T, W], from the gradients before the first activation. The gradient of step k,
 * summed over the batch, is added to row at(k).
 */
export function chainTableGradient(
  params: usize,
  plan: usize,
  steps: i32,
  deltas: usize,
  timeWidth: i32,
  gradient: usize,
): void {
  const job = jobAs<Job>();
  const batch = job.batch;
  const sums = job.scratch;
  const In = inputWidth(job.network);
  const H = width(job.network, 1);
  const A = outputWidth(job.network);
  for (let k = 0; k < steps; k++) {
    memory.fill(sums, 0, (<usize>H) << 2);
    for (let row = 0; row < batch; row++) addRow(sums, at(deltas, (k * batch + row) * H), H);
    const to = at(gradient, stepOf(plan, k).at * timeWidth);
    for (let h = 0; h < H; h++) {
      const sum = load<f32>(at(sums, h));
      const weights = at(params, h * In + A);
      for (let c = 0; c < timeWidth; c++) addTo(at(to, c), sum * load<f32>(at(weights, c)));
    }
  }
}

// Copies, gathers and sums of rows, for the inputs of networks and their gradients.
import { at } from './memory';

/** From this many columns on a call of memory.copy is faster. */
const WIDE: i32 = 16;

/** Adds to one element. */
export function addTo(to: usize, value: f32): void {
  store<f32>(to, load<f32>(to) + value);
}

/** Adds a row of n elements to `sums`. */
export function addRow(sums: usize, row: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(at(sums, i), f32x4.add(v128.load(at(sums, i)), v128.load(at(row, i))));
  for (; i < n; i++) addTo(at(sums, i), load<f32>(at(row, i)));
}

/** Copies n elements. */
export function copy(from: usize, to: usize, n: i32): void {
  memory.copy(to, from, (<usize>n) << 2);
}

/** Copies rows (`stride` apart, 0 to repeat one) to the columns from `column` on of rows `outWidth` wide. */
export function copyColumns(
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
    if (width >= WIDE) copy(source, to, width);
    else for (let c = 0; c < width; c++) store<f32>(at(to, c), load<f32>(at(source, c)));
  }
}

/** Rows of x [N, W] by their indices (i32) [count]. Traps at an index out of range. */
export function gatherRows(x: usize, N: i32, indices: usize, out: usize, W: i32, count: i32): void {
  for (let row = 0; row < count; row++) {
    const index = load<i32>(at(indices, row));
    if (<u32>index >= <u32>N) unreachable();
    copy(at(x, index * W), at(out, row * W), W);
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
    copyColumns(at(input, row * In), In, A, at(table, step * W), 0, W, 1);
  }
  copyColumns(input, In, A + W, states, S, S, batch);
}

/** Adds each of the rows [B, W] to the row of the table's gradient [T, W] that it was gathered from. */
export function scatterAddRows(rows: usize, diffusionSteps: usize, W: i32, batch: i32, gradient: usize): void {
  for (let row = 0; row < batch; row++) {
    addRow(at(gradient, load<i32>(at(diffusionSteps, row)) * W), at(rows, row * W), W);
  }
}

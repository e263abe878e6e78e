// Rows put together, and summed: what stands before and behind a network.
import { at } from './memory';

/** Columns that are worth a call that copies them. */
const WIDE: i32 = 16;

/** Adds to one element. */
export function addTo(to: usize, value: f32): void {
  store<f32>(to, load<f32>(to) + value);
}

/** Adds a row to the sums. */
export function addRow(sums: usize, row: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(at(sums, i), f32x4.add(v128.load(at(sums, i)), v128.load(at(row, i))));
  for (; i < n; i++) addTo(at(sums, i), load<f32>(at(row, i)));
}

/** Copies n elements. */
export function copy(from: usize, to: usize, n: i32): void {
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
    if (width >= WIDE) copy(source, to, width);
    else for (let c = 0; c < width; c++) store<f32>(at(to, c), load<f32>(at(source, c)));
  }
}

/** Rows of x [N, W] by their indices (i32) [count]. Traps at an index that is none. */
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

// A Linear layer and its activation for threads that only run policies: a separate module with its own memory, for
// src/math/simd-mlp.ts. It fuses no products, so that an episode is the same on every machine.
import { activate as activateAll, setConstants } from './activation';
import { at } from './memory';

/** Must be called once before anything else here. */
export { setConstants };

/** Rows per pass, and columns of a panel. */
const ROWS: i32 = 4;
const COLUMNS: i32 = 8;

// Four rows of `K` numbers by one panel of eight columns. A row's sum starts at the bias and runs over k in order, so its
// bits do not depend on the number of rows.
function fourRows(x: usize, panel: usize, bias: usize, y: usize, K: i32, stride: usize): void {
  const step = (<usize>K) << 2;
  const x1 = x + step;
  const x2 = x1 + step;
  const x3 = x2 + step;
  let c00 = v128.load(bias);
  let c01 = v128.load(bias, 16);
  let c10 = c00;
  let c11 = c01;
  let c20 = c00;
  let c21 = c01;
  let c30 = c00;
  let c31 = c01;
  for (let k: usize = 0; k < step; k += 4) {
    const low = v128.load(panel);
    const high = v128.load(panel, 16);
    panel += 32;
    const a0 = v128.load32_splat(x + k);
    const a1 = v128.load32_splat(x1 + k);
    const a2 = v128.load32_splat(x2 + k);
    const a3 = v128.load32_splat(x3 + k);
    c00 = f32x4.add(c00, f32x4.mul(a0, low));
    c01 = f32x4.add(c01, f32x4.mul(a0, high));
    c10 = f32x4.add(c10, f32x4.mul(a1, low));
    c11 = f32x4.add(c11, f32x4.mul(a1, high));
    c20 = f32x4.add(c20, f32x4.mul(a2, low));
    c21 = f32x4.add(c21, f32x4.mul(a2, high));
    c30 = f32x4.add(c30, f32x4.mul(a3, low));
    c31 = f32x4.add(c31, f32x4.mul(a3, high));
  }
  v128.store(y, c00);
  v128.store(y, c01, 16);
  y += stride;
  v128.store(y, c10);
  v128.store(y, c11, 16);
  y += stride;
  v128.store(y, c20);
  v128.store(y, c21, 16);
  y += stride;
  v128.store(y, c30);
  v128.store(y, c31, 16);
}

// One row by two panels, so that more sums run in parallel.
function oneRowTwoPanels(x: usize, panel: usize, bias: usize, y: usize, K: i32): void {
  const end = at(x, K);
  let other = at(panel, K * COLUMNS);
  let c0 = v128.load(bias);
  let c1 = v128.load(bias, 16);
  let c2 = v128.load(bias, 32);
  let c3 = v128.load(bias, 48);
  for (; x < end; x += 4) {
    const a = v128.load32_splat(x);
    c0 = f32x4.add(c0, f32x4.mul(a, v128.load(panel)));
    c1 = f32x4.add(c1, f32x4.mul(a, v128.load(panel, 16)));
    c2 = f32x4.add(c2, f32x4.mul(a, v128.load(other)));
    c3 = f32x4.add(c3, f32x4.mul(a, v128.load(other, 16)));
    panel += 32;
    other += 32;
  }
  v128.store(y, c0);
  v128.store(y, c1, 16);
  v128.store(y, c2, 32);
  v128.store(y, c3, 48);
}

function oneRow(x: usize, panel: usize, bias: usize, y: usize, K: i32): void {
  const end = at(x, K);
  let c0 = v128.load(bias);
  let c1 = v128.load(bias, 16);
  for (; x < end; x += 4) {
    const a = v128.load32_splat(x);
    c0 = f32x4.add(c0, f32x4.mul(a, v128.load(panel)));
    c1 = f32x4.add(c1, f32x4.mul(a, v128.load(panel, 16)));
    panel += 32;
  }
  v128.store(y, c0);
  v128.store(y, c1, 16);
}

/** y [rows, N] of x [rows, K], N a multiple of 8. Weights are packed in panels of eight columns, k in order; bias [N]. */
export function linear(x: usize, weights: usize, bias: usize, y: usize, rows: i32, K: i32, N: i32): void {
  const stride = (<usize>N) << 2;
  const whole = rows - (rows % ROWS);
  for (let n = 0; n < N; n += COLUMNS) {
    const panel = at(weights, n * K);
    for (let row = 0; row < whole; row += ROWS) {
      fourRows(at(x, row * K), panel, at(bias, n), at(y, row * N + n), K, stride);
    }
  }
  for (let row = whole; row < rows; row++) {
    let n = 0;
    for (; n + 2 * COLUMNS <= N; n += 2 * COLUMNS) {
      oneRowTwoPanels(at(x, row * K), at(weights, n * K), at(bias, n), at(y, row * N + n), K);
    }
    if (n < N) oneRow(at(x, row * K), at(weights, n * K), at(bias, n), at(y, row * N + n), K);
  }
}

/** Applies an activation (its code in activation.ts) in place to n numbers, a multiple of 8. */
export function activate(activation: i32, y: usize, n: i32): void {
  activateAll(activation, y, 0, n, 0);
}

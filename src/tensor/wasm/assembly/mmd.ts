// The squared MMD of two sets of points per state, defined in src/tensor/kernels/laplacian-mmd.ts. Four states are computed
// at a time, one per lane. Their points are transposed first, which allows any width and any number of points; a transposed
// point has `bytes` bytes. As in the TypeScript version, k − 1 is summed instead of k.
import { expm1 } from './activation';
import { madd } from './gemm';
import { at, loadSome, storeSome } from './memory';
import { storeDown } from './narrow';
import { packAcross } from './packing';

/** States per pass. */
const STATES: i32 = 4;

// Transposes the points (`size` elements a state) of some states from `row` on, one state per lane.
function packPoints(points: usize, row: i32, states: i32, size: i32, packed: usize): void {
  packAcross(at(points, row * size), size, states, size, STATES, packed);
}

// k − 1 of two points; `scale` is −1/(2σ).
function kernelMinusOne(a: usize, b: usize, bytes: usize, scale: v128): v128 {
  let distance = f32x4.splat(0);
  for (let d: usize = 0; d < bytes; d += 16) {
    distance = f32x4.add(distance, f32x4.abs(f32x4.sub(v128.load(a + d), v128.load(b + d))));
  }
  return expm1(f32x4.mul(distance, scale));
}

// Σ k − 1 of a point and each of the points from `others` to `end`.
function sumOver(point: usize, others: usize, end: usize, bytes: usize, scale: v128): v128 {
  let sum = f32x4.splat(0);
  for (; others < end; others += bytes) sum = f32x4.add(sum, kernelMinusOne(point, others, bytes, scale));
  return sum;
}

// Σ k − 1 over all pairs among the points from `points` to `end`, each pair once. A point with itself adds 0.
function sumWithin(points: usize, end: usize, bytes: usize, scale: v128): v128 {
  let sum = f32x4.splat(0);
  for (let i = points; i < end; i += bytes) sum = f32x4.add(sum, sumOver(i, points, i, bytes, scale));
  return sum;
}

/** The squared MMD [B] of x [B, n, A] from y [B, m, A]. `scratch`: 4 (n + m) A elements. */
export function laplacianMmd(
  x: usize,
  y: usize,
  squared: usize,
  batch: i32,
  n: i32,
  m: i32,
  width: i32,
  sigma: f32,
  scratch: usize,
): void {
  const bytes = (<usize>width) << 4;
  const scale = f32x4.splat(-0.5 / sigma);
  const within = f32x4.splat(2 / <f32>(n * n));
  const between = f32x4.splat(2 / <f32>(m * m));
  const across = f32x4.splat(-2 / <f32>(n * m));
  const xs = scratch;
  const ys = xs + <usize>n * bytes;
  const end = ys + <usize>m * bytes;
  for (let row = 0; row < batch; row += STATES) {
    const states = min(STATES, batch - row);
    packPoints(x, row, states, n * width, xs);
    packPoints(y, row, states, m * width, ys);
    let sum = f32x4.splat(0);
    for (let i = xs; i < ys; i += bytes) sum = f32x4.add(sum, sumOver(i, ys, end, bytes, scale));
    sum = f32x4.mul(across, sum);
    sum = madd(within, sumWithin(xs, ys, bytes, scale), sum);
    sum = madd(between, sumWithin(ys, end, bytes, scale), sum);
    storeSome(at(squared, row), sum, states);
  }
}

// k ≥ 0 times the sign of x, which may be 0.
function signed(k: v128, x: v128): v128 {
  const sign = v128.and(x, i32x4.splat(0x80000000));
  return v128.and(v128.or(k, sign), f32x4.ne(x, f32x4.splat(0)));
}

/** The gradient of x [B, n, A] from that of the squared MMD, dy [B]. `scratch`: 4 (2n + m) A elements. */
export function laplacianMmdGradient(
  dy: usize,
  x: usize,
  y: usize,
  dx: usize,
  batch: i32,
  n: i32,
  m: i32,
  width: i32,
  sigma: f32,
  scratch: usize,
): void {
  const bytes = (<usize>width) << 4;
  const scale = f32x4.splat(-0.5 / sigma);
  const within = f32x4.splat(1 / <f32>(n * n));
  const across = f32x4.splat(1 / <f32>(n * m));
  const xs = scratch;
  const ys = xs + <usize>n * bytes;
  const sums = ys + <usize>m * bytes;
  const stride = (<usize>(n * width)) << 2;
  for (let row = 0; row < batch; row += STATES) {
    const states = min(STATES, batch - row);
    packPoints(x, row, states, n * width, xs);
    packPoints(y, row, states, m * width, ys);
    memory.fill(sums, 0, <usize>n * bytes);
    for (let i = xs, own = sums; i < ys; i += bytes, own += bytes) {
      // Points of x repel each other: each pair is computed once and applied to both points.
      for (let j = xs, other = sums; j < i; j += bytes, other += bytes) {
        const k = madd(within, kernelMinusOne(i, j, bytes, scale), within);
        for (let d: usize = 0; d < bytes; d += 16) {
          const push = signed(k, f32x4.sub(v128.load(i + d), v128.load(j + d)));
          v128.store(own + d, f32x4.sub(v128.load(own + d), push));
          v128.store(other + d, f32x4.add(v128.load(other + d), push));
        }
      }
      for (let j = ys; j < sums; j += bytes) {
        const k = madd(across, kernelMinusOne(i, j, bytes, scale), across);
        for (let d: usize = 0; d < bytes; d += 16) {
          const pull = signed(k, f32x4.sub(v128.load(i + d), v128.load(j + d)));
          v128.store(own + d, f32x4.add(v128.load(own + d), pull));
        }
      }
    }
    const factor = f32x4.div(loadSome(at(dy, row), states), f32x4.splat(sigma));
    for (let e = 0; e < n * width; e++) {
      const gradient = f32x4.mul(factor, v128.load(at(sums, STATES * e)));
      storeDown(at(dx, row * n * width + e), stride, gradient, states);
    }
  }
}

// The matrix product C [M, N] = A [M, K] · B [K, N]. Both operands are packed first (packing.ts), A into panels of 4 rows and
// B into panels of 8 columns.
import { at, loadSome, storeSome } from './memory';

export const ROWS: i32 = 4;
export const COLUMNS: i32 = 8;

/** x · y + sum; fused where the build has relaxed SIMD. */
export function madd(x: v128, y: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, y, sum);
  return f32x4.add(f32x4.mul(x, y), sum);
}

// A column of `count` tiles, each 4 rows by 8 columns: c = (initial + A · B) ∘ factors, rows `stride` bytes apart.
// `factors` has the layout of c; 0 means none. 8 accumulators, 2 columns and 4 splats use all the registers that V8
// allocates (it moves the loads to the loop's head): a larger tile would spill.
function tiles(
  count: i32,
  a: usize,
  b: usize,
  K: i32,
  initial: usize,
  initialStride: usize,
  c: usize,
  stride: usize,
  factors: usize,
): void {
  const end = b + ((<usize>K) << 5);
  for (; count > 0; count--) {
    let c00 = v128.load(initial);
    let c01 = v128.load(initial, 16);
    initial += initialStride;
    let c10 = v128.load(initial);
    let c11 = v128.load(initial, 16);
    initial += initialStride;
    let c20 = v128.load(initial);
    let c21 = v128.load(initial, 16);
    initial += initialStride;
    let c30 = v128.load(initial);
    let c31 = v128.load(initial, 16);
    initial += initialStride;
    for (let p = b; p < end; p += 32) {
      const low = v128.load(p);
      const high = v128.load(p, 16);
      const a0 = v128.load32_splat(a);
      const a1 = v128.load32_splat(a, 4);
      const a2 = v128.load32_splat(a, 8);
      const a3 = v128.load32_splat(a, 12);
      c00 = madd(a0, low, c00);
      c01 = madd(a0, high, c01);
      c10 = madd(a1, low, c10);
      c11 = madd(a1, high, c11);
      c20 = madd(a2, low, c20);
      c21 = madd(a2, high, c21);
      c30 = madd(a3, low, c30);
      c31 = madd(a3, high, c31);
      a += 16;
    }
    if (factors) {
      c00 = f32x4.mul(c00, v128.load(factors));
      c01 = f32x4.mul(c01, v128.load(factors, 16));
      factors += stride;
      c10 = f32x4.mul(c10, v128.load(factors));
      c11 = f32x4.mul(c11, v128.load(factors, 16));
      factors += stride;
      c20 = f32x4.mul(c20, v128.load(factors));
      c21 = f32x4.mul(c21, v128.load(factors, 16));
      factors += stride;
      c30 = f32x4.mul(c30, v128.load(factors));
      c31 = f32x4.mul(c31, v128.load(factors, 16));
      factors += stride;
    }
    v128.store(c, c00);
    v128.store(c, c01, 16);
    c += stride;
    v128.store(c, c10);
    v128.store(c, c11, 16);
    c += stride;
    v128.store(c, c20);
    v128.store(c, c21, 16);
    c += stride;
    v128.store(c, c30);
    v128.store(c, c31, 16);
    c += stride;
  }
}

/**
 * C (rows `stride` apart) = (initial + A · B) ∘ factors for packed A and B. `initial` is one row of N for all rows
 * (`initialStride` 0) or a matrix; it may be C itself. `factors` has the layout of C and may be C itself; 0 means none.
 * `edge` points to 32 elements of scratch memory.
 */
export function product(
  M: i32,
  N: i32,
  K: i32,
  a: usize,
  b: usize,
  initial: usize,
  initialStride: i32,
  c: usize,
  stride: i32,
  factors: usize,
  edge: usize,
): void {
  const panelB = (<usize>(K * COLUMNS)) << 2;
  const initialBytes = (<usize>initialStride) << 2;
  const strideBytes = (<usize>stride) << 2;
  for (let n = 0; n < N; n += COLUMNS) {
    const width = N - n;
    // Tiles that cross the edge are computed in `edge`, and their valid part is copied.
    const whole = width >= COLUMNS ? M / ROWS : 0;
    const by = factors ? at(factors, n) : 0;
    tiles(whole, a, b, K, at(initial, n), initialBytes, at(c, n), strideBytes, by);
    for (let m = whole * ROWS; m < M; m += ROWS) {
      const height = min(ROWS, M - m);
      for (let i = 0; i < height; i++) {
        const row = at(initial, (m + i) * initialStride + n);
        v128.store(at(edge, i * COLUMNS), loadSome(row, width));
        v128.store(at(edge, i * COLUMNS), loadSome(at(row, 4), width - 4), 16);
      }
      tiles(1, at(a, m * K), b, K, edge, 32, edge, 32, 0);
      for (let i = 0; i < height; i++) {
        const place = (m + i) * stride + n;
        let low = v128.load(at(edge, i * COLUMNS));
        let high = v128.load(at(edge, i * COLUMNS), 16);
        if (factors) {
          low = f32x4.mul(low, loadSome(at(factors, place), width));
          high = f32x4.mul(high, loadSome(at(factors, place + 4), width - 4));
        }
        storeSome(at(c, place), low, width);
        storeSome(at(c, place + 4), high, width - 4);
      }
    }
    b += panelB;
  }
}

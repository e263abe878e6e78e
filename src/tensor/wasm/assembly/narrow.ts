// The matrix product C [M, N] = A [M, K] · Bᵀ for a B [N, K] of few rows. Panels would be mostly padding, so vectors run
// along k through both operands, unpacked.
import { COLUMNS, madd } from './gemm';
import { at, loadSome } from './memory';

/** Whether `narrowProduct` should compute a product with N columns. */
export function isNarrow(N: i32): bool {
  return N < COLUMNS;
}

// The sums of four vectors.
function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f64>(ab, cd, 0, 2), v128.shuffle<f64>(ab, cd, 1, 3));
}

/** Stores the first `count` elements, at most 4, `stride` bytes apart. */
export function storeDown(to: usize, stride: usize, value: v128, count: i32): void {
  store<f32>(to, f32x4.extract_lane(value, 0));
  if (count > 1) store<f32>(to + stride, f32x4.extract_lane(value, 1));
  if (count > 2) store<f32>(to + 2 * stride, f32x4.extract_lane(value, 2));
  if (count > 3) store<f32>(to + 3 * stride, f32x4.extract_lane(value, 3));
}

/** C = initial + A · Bᵀ; `initial` is a row of N for all rows. */
export function narrowProduct(M: i32, N: i32, K: i32, a: usize, b: usize, initial: usize, c: usize): void {
  const whole = (<usize>(K & ~3)) << 2;
  const rest = K & 3;
  const stride = (<usize>N) << 2;
  for (let m = 0; m < M; m += 4) {
    // The last row stands in for missing ones.
    const last = M - 1;
    const a0 = at(a, m * K);
    const a1 = at(a, min(m + 1, last) * K);
    const a2 = at(a, min(m + 2, last) * K);
    const a3 = at(a, min(m + 3, last) * K);
    for (let n = 0; n < N; n += 2) {
      const left = at(b, n * K);
      const right = n + 1 < N ? at(left, K) : left;
      let c00 = f32x4.splat(0);
      let c10 = c00;
      let c20 = c00;
      let c30 = c00;
      let c01 = c00;
      let c11 = c00;
      let c21 = c00;
      let c31 = c00;
      for (let k: usize = 0; k < whole; k += 16) {
        const b0 = v128.load(left + k);
        const b1 = v128.load(right + k);
        const r0 = v128.load(a0 + k);
        const r1 = v128.load(a1 + k);
        const r2 = v128.load(a2 + k);
        const r3 = v128.load(a3 + k);
        c00 = madd(r0, b0, c00);
        c01 = madd(r0, b1, c01);
        c10 = madd(r1, b0, c10);
        c11 = madd(r1, b1, c11);
        c20 = madd(r2, b0, c20);
        c21 = madd(r2, b1, c21);
        c30 = madd(r3, b0, c30);
        c31 = madd(r3, b1, c31);
      }
      if (rest) {
        const b0 = loadSome(left + whole, rest);
        const b1 = loadSome(right + whole, rest);
        const r0 = loadSome(a0 + whole, rest);
        const r1 = loadSome(a1 + whole, rest);
        const r2 = loadSome(a2 + whole, rest);
        const r3 = loadSome(a3 + whole, rest);
        c00 = madd(r0, b0, c00);
        c01 = madd(r0, b1, c01);
        c10 = madd(r1, b0, c10);
        c11 = madd(r1, b1, c11);
        c20 = madd(r2, b0, c20);
        c21 = madd(r2, b1, c21);
        c30 = madd(r3, b0, c30);
        c31 = madd(r3, b1, c31);
      }
      const to = at(c, m * N + n);
      const count = M - m;
      storeDown(to, stride, f32x4.add(v128.load32_splat(at(initial, n)), sums(c00, c10, c20, c30)), count);
      if (n + 1 == N) continue;
      storeDown(to + 4, stride, f32x4.add(v128.load32_splat(at(initial, n), 4), sums(c01, c11, c21, c31)), count);
    }
  }
}

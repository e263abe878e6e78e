// The matrix product C [M, N] = A [M, K] · B [K, N]. Both operands are packed first, A into panels of 4 rows and B into
// panels of 8 columns, so that the inner loop reads both in order whatever their layout was.
import { at, loadSome, roundUp, storeSome } from './memory';

export const ROWS: i32 = 4;
export const COLUMNS: i32 = 8;

/** x · y + sum; fused where the build has relaxed SIMD. */
export function madd(x: v128, y: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, y, sum);
  return f32x4.add(f32x4.mul(x, y), sum);
}

/**
 * Packs an operand whose panel runs along its memory: element (p, k) of P × K at source[k · stride + p]. Panel after
 * panel of `width` (4 or 8), in each all k in order; the last panel is padded with 0.
 */
export function packAlong(source: usize, stride: i32, P: i32, K: i32, width: i32, packed: usize): void {
  const step = (<usize>stride) << 2;
  for (let p = 0; p < P; p += width) {
    const left = P - p;
    let from = at(source, p);
    const end = from + <usize>K * step;
    if (left >= 8 && width == 8) {
      for (; from < end; from += step) {
        v128.store(packed, v128.load(from));
        v128.store(packed, v128.load(from, 16), 16);
        packed += 32;
      }
    } else if (left >= 4 && width == 4) {
      for (; from < end; from += step) {
        v128.store(packed, v128.load(from));
        packed += 16;
      }
    } else {
      for (; from < end; from += step) {
        v128.store(packed, loadSome(from, left));
        if (width == 8) v128.store(packed, loadSome(from + 16, left - 4), 16);
        packed = at(packed, width);
      }
    }
  }
}

/** The same for an operand whose panel runs across its memory: element (p, k) at source[p · stride + k]. */
export function packAcross(source: usize, stride: i32, P: i32, K: i32, width: i32, packed: usize): void {
  const step = (<usize>width) << 2;
  for (let p = 0; p < P; p += width) {
    for (let part = 0; part < width; part += 4) {
      packFour(at(source, (p + part) * stride), stride, P - p - part, K, at(packed, part), step);
    }
    packed = at(packed, width * K);
  }
}

// Transposes four rows of K, of which the first `count` exist, into four columns of rows `step` bytes apart.
function packFour(source: usize, stride: i32, count: i32, K: i32, packed: usize, step: usize): void {
  const s1 = count > 1 ? at(source, stride) : source;
  const s2 = count > 2 ? at(source, 2 * stride) : source;
  const s3 = count > 3 ? at(source, 3 * stride) : source;
  let k = 0;
  if (count >= 4) {
    for (; k + 4 <= K; k += 4) {
      const a = v128.load(at(source, k));
      const b = v128.load(at(s1, k));
      const c = v128.load(at(s2, k));
      const d = v128.load(at(s3, k));
      const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
      const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
      const AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const CD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
      v128.store(packed, v128.shuffle<f64>(ab, cd, 0, 2));
      v128.store(packed + step, v128.shuffle<f64>(ab, cd, 1, 3));
      v128.store(packed + 2 * step, v128.shuffle<f64>(AB, CD, 0, 2));
      v128.store(packed + 3 * step, v128.shuffle<f64>(AB, CD, 1, 3));
      packed += 4 * step;
    }
  }
  for (; k < K; k++) {
    store<f32>(packed, count > 0 ? load<f32>(at(source, k)) : 0);
    store<f32>(packed, count > 1 ? load<f32>(at(s1, k)) : 0, 4);
    store<f32>(packed, count > 2 ? load<f32>(at(s2, k)) : 0, 8);
    store<f32>(packed, count > 3 ? load<f32>(at(s3, k)) : 0, 12);
    packed += step;
  }
}

/** Elements that an operand takes when packed. */
export function packedSize(P: i32, K: i32, width: i32): i32 {
  return roundUp(P, width) * K;
}

// Tiles below each other, of 4 rows by 8 columns, `count` of them: c = initial + A · B, rows `stride` bytes apart. 8
// accumulators, 2 columns and 4 splats are all the registers that V8 allocates (it moves the loads to the loop's
// head): a larger tile would spill.
function tiles(
  count: i32,
  a: usize,
  b: usize,
  K: i32,
  initial: usize,
  initialStride: usize,
  c: usize,
  stride: usize,
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
 * C (rows `stride` apart) = initial + A · B for packed A and B. `initial` is a row of N for all rows
 * (`initialStride` 0), or has rows of its own; it may be C itself. `edge`: 32 elements of the caller's own.
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
  edge: usize,
): void {
  const panelB = (<usize>(K * COLUMNS)) << 2;
  const initialBytes = (<usize>initialStride) << 2;
  const strideBytes = (<usize>stride) << 2;
  for (let n = 0; n < N; n += COLUMNS) {
    const width = N - n;
    // Tiles over the edge are computed apart, and what exists of them is copied.
    const whole = width >= COLUMNS ? M / ROWS : 0;
    tiles(whole, a, b, K, at(initial, n), initialBytes, at(c, n), strideBytes);
    for (let m = whole * ROWS; m < M; m += ROWS) {
      const height = min(ROWS, M - m);
      for (let i = 0; i < height; i++) {
        const row = at(initial, (m + i) * initialStride + n);
        v128.store(at(edge, i * COLUMNS), loadSome(row, width));
        v128.store(at(edge, i * COLUMNS), loadSome(at(row, 4), width - 4), 16);
      }
      tiles(1, at(a, m * K), b, K, edge, 32, edge, 32);
      for (let i = 0; i < height; i++) {
        const row = at(c, (m + i) * stride + n);
        storeSome(row, v128.load(at(edge, i * COLUMNS)), width);
        storeSome(at(row, 4), v128.load(at(edge, i * COLUMNS), 16), width - 4);
      }
    }
    b += panelB;
  }
}

// Packs operands of a matrix product into panels, which the inner loop reads in order.
import { at, loadSome, roundUp } from './memory';

/**
 * Packs an operand of P × K whose element (p, k) is at source[k · stride + p]. Panels are `width` (4 or 8) wide, with k in
 * order; the last one is padded with 0.
 */
export function packAlong(source: usize, stride: i32, P: i32, K: i32, width: i32, packed: usize): void {
  const step = (<usize>stride) << 2;
  let p = 0;
  // Sixteen columns are a cache line, which is fetched only once.
  for (; p + 16 <= P; p += 16) {
    if (width == 8) sixteenByEight(at(source, p), step, K, packed);
    else sixteenByFour(at(source, p), step, K, packed);
    packed = at(packed, 16 * K);
  }
  for (; p < P; p += width) {
    const left = P - p;
    let from = at(source, p);
    for (const end = from + <usize>K * step; from < end; from += step) {
      v128.store(packed, loadSome(from, left));
      if (width == 8) v128.store(packed, loadSome(from + 16, left - 4), 16);
      packed = at(packed, width);
    }
  }
}

// Sixteen columns into two panels of 8.
function sixteenByEight(from: usize, step: usize, K: i32, packed: usize): void {
  let second = at(packed, 8 * K);
  for (const end = from + <usize>K * step; from < end; from += step) {
    v128.store(packed, v128.load(from));
    v128.store(packed, v128.load(from, 16), 16);
    v128.store(second, v128.load(from, 32));
    v128.store(second, v128.load(from, 48), 16);
    packed += 32;
    second += 32;
  }
}

// Sixteen columns into four panels of 4.
function sixteenByFour(from: usize, step: usize, K: i32, packed: usize): void {
  const panel = (<usize>K) << 4;
  for (const end = from + <usize>K * step; from < end; from += step) {
    v128.store(packed, v128.load(from));
    v128.store(packed + panel, v128.load(from, 16));
    v128.store(packed + 2 * panel, v128.load(from, 32));
    v128.store(packed + 3 * panel, v128.load(from, 48));
    packed += 16;
  }
}

/** The same for an operand whose element (p, k) is at source[p · stride + k]. */
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

/** Elements of a packed operand. */
export function packedSize(P: i32, K: i32, width: i32): i32 {
  return roundUp(P, width) * K;
}

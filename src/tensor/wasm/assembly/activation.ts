// Activations and their slopes, four elements at a time.
import { madd } from './gemm';
import { at, loadSome, storeSome } from './memory';

export const MISH: i32 = 1;
export const RELU: i32 = 2;

// V8 makes a vector constant anew, in three instructions, wherever a loop uses it. A variable it loads in one, so the
// constants are variables; the compiler takes them for such because they are set by a call.
let one = f32x4.splat(0);
let two = f32x4.splat(0);
let four = f32x4.splat(0);
let least = f32x4.splat(0);
let most = f32x4.splat(0);
let log2e = f32x4.splat(0);
let rounder = f32x4.splat(0);
let ln2High = f32x4.splat(0);
let ln2Low = f32x4.splat(0);
let p0 = f32x4.splat(0);
let p1 = f32x4.splat(0);
let p2 = f32x4.splat(0);
let p3 = f32x4.splat(0);
let p4 = f32x4.splat(0);
let p5 = f32x4.splat(0);

/** Must be called once before anything else here. */
export function setConstants(): void {
  one = f32x4.splat(1);
  two = f32x4.splat(2);
  four = f32x4.splat(4);
  least = f32x4.splat(-87);
  // Mish is the identity from there on, in float32.
  most = f32x4.splat(20);
  log2e = f32x4.splat(1.44269504088896341);
  // 1.5 · 2²³: adding it rounds to an integer, which then stands in the lowest bits.
  rounder = f32x4.splat(12582912);
  ln2High = f32x4.splat(-0.693359375);
  ln2Low = f32x4.splat(2.1219444e-4);
  // Cephes' expf.
  p0 = f32x4.splat(1.98756915e-4);
  p1 = f32x4.splat(1.3981999507e-3);
  p2 = f32x4.splat(8.3334519073e-3);
  p3 = f32x4.splat(4.1665795894e-2);
  p4 = f32x4.splat(1.6666665459e-1);
  p5 = f32x4.splat(5.0000001201e-1);
}

// exp to about 1 ulp, for arguments up to 88; of less than -87, exp(-87). A NaN stays one: pmax and pmin return their
// first argument where they cannot tell.
function exp4(argument: v128): v128 {
  const x = f32x4.pmax(argument, least);
  const rounded = madd(x, log2e, rounder);
  const n = f32x4.sub(rounded, rounder);
  const r = madd(n, ln2Low, madd(n, ln2High, x));
  // By Estrin's scheme, in which fewer operations wait for each other than in Horner's.
  const r2 = f32x4.mul(r, r);
  const high = madd(madd(p0, r, p1), r2, madd(p2, r, p3));
  const p = madd(madd(high, r2, madd(p4, r, p5)), r2, f32x4.add(r, one));
  // 1 in float32, its exponent moved by n.
  return f32x4.mul(p, i32x4.add(i32x4.shl(rounded, 23), one));
}

/**
 * Mish in place over n elements, a multiple of 4, and its slope to `slopes` unless that is 0. With e = exp(x) and
 * m = e(e + 2): mish = x·m/(m+2), and its slope is m/(m+2) + 4x·e(e+1)/(m+2)².
 */
function mish(z: usize, slopes: usize, n: i32): void {
  for (const end = at(z, n); z < end; z += 16) {
    const x = v128.load(z);
    const e = exp4(f32x4.pmin(x, most));
    const m = f32x4.mul(e, f32x4.add(e, two));
    const r = f32x4.div(one, f32x4.add(m, two));
    const t = f32x4.mul(m, r);
    v128.store(z, f32x4.mul(x, t));
    if (slopes) {
      const er = f32x4.mul(e, r);
      const s = f32x4.mul(f32x4.mul(er, four), f32x4.add(er, r));
      v128.store(slopes, madd(x, s, t));
      slopes += 16;
    }
  }
}

/** The same with ReLU. A NaN stays one. */
function relu(z: usize, slopes: usize, n: i32): void {
  const zero = f32x4.splat(0);
  for (const end = at(z, n); z < end; z += 16) {
    const x = v128.load(z);
    v128.store(z, f32x4.pmax(x, zero));
    if (slopes) {
      v128.store(slopes, v128.and(f32x4.gt(x, zero), f32x4.splat(1)));
      slopes += 16;
    }
  }
}

function activateWhole(activation: i32, z: usize, slopes: usize, n: i32): void {
  if (activation == MISH) mish(z, slopes, n);
  else if (activation == RELU) relu(z, slopes, n);
}

/**
 * Applies an activation in place to n elements; writes its slopes unless `slopes` is 0. `edge`: 8 elements of the
 * caller's own.
 */
export function activate(activation: i32, z: usize, slopes: usize, n: i32, edge: usize): void {
  const whole = n & ~3;
  activateWhole(activation, z, slopes, whole);
  const rest = n - whole;
  if (rest == 0) return;
  v128.store(edge, loadSome(at(z, whole), rest));
  activateWhole(activation, edge, edge + 16, 4);
  storeSome(at(z, whole), v128.load(edge), rest);
  if (slopes) storeSome(at(slopes, whole), v128.load(edge, 16), rest);
}

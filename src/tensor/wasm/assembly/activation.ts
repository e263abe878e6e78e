// Activations and their slopes.
import { madd } from './gemm';
import { at, loadSome, storeSome } from './memory';

export const MISH: i32 = 1;
export const RELU: i32 = 2;

// V8 rebuilds a vector constant in three instructions wherever a loop uses it, but loads a variable in one, fastest from
// a local. So the constants are variables, which Mish copies to locals. A call sets them, so that the compiler does not
// turn them back into constants.
let ONE = f32x4.splat(0);
let HALF = f32x4.splat(0);
let MIN_INPUT = f32x4.splat(0);
let MAX_INPUT = f32x4.splat(0);
let LOG2E = f32x4.splat(0);
let ROUNDER = f32x4.splat(0);
let LN2_HIGH = f32x4.splat(0);
let LN2_LOW = f32x4.splat(0);
let C2 = f32x4.splat(0);
let C3 = f32x4.splat(0);
let C4 = f32x4.splat(0);
let C5 = f32x4.splat(0);
let C6 = f32x4.splat(0);

/** Must be called once before anything else here. */
export function setConstants(): void {
  ONE = f32x4.splat(1);
  HALF = f32x4.splat(0.5);
  MIN_INPUT = f32x4.splat(-87);
  // Mish is the identity from there on, in float32.
  MAX_INPUT = f32x4.splat(20);
  LOG2E = f32x4.splat(1.44269504088896341);
  // 1.5 · 2²³: adding it rounds to an integer, in the lowest bits.
  ROUNDER = f32x4.splat(12582912);
  LN2_HIGH = f32x4.splat(-0.693359375);
  LN2_LOW = f32x4.splat(2.1219444e-4);
  // exp(r) = 1 + r + r² (C2 + C3 r + … + C6 r⁴) to 3·10⁻⁹ where |r| ≤ ln 2 / 2; found by minimising that error.
  C2 = f32x4.splat(0.4999999403953552);
  C3 = f32x4.splat(0.1666651964187622);
  C4 = f32x4.splat(0.041668396443128586);
  C5 = f32x4.splat(0.008368796668946743);
  C6 = f32x4.splat(0.0013814433477818966);
}

/** exp(x) − 1 for x ≤ 0 to about 1 ulp, also for small x. NaN stays NaN. */
export function expm1(x: v128): v128 {
  const one = ONE;
  const rounder = ROUNDER;
  const bounded = f32x4.pmax(x, MIN_INPUT);
  const rounded = madd(bounded, LOG2E, rounder);
  const n = f32x4.sub(rounded, rounder);
  const r = madd(n, LN2_LOW, madd(n, LN2_HIGH, bounded));
  const square = f32x4.mul(r, r);
  const p = madd(madd(madd(C6, square, madd(C5, r, C4)), square, madd(C3, r, C2)), square, r);
  // 2ⁿ (p + 1) − 1, in an order that cancels nothing where n is 0.
  const power = i32x4.add(one, i32x4.shl(rounded, 23));
  return madd(power, p, f32x4.sub(power, one));
}

/**
 * Mish in place over n elements, a multiple of 8, and its slope to `slopes` unless that is 0. With e = exp(x),
 * v = e (e/2 + 1) and g = 1/(v + 1): mish = x·v·g, and its slope is v·g + x·e·g (e·g + g).
 *
 * Two vectors, a and b, are computed at once: each step depends on the one before it, so that a single vector would
 * leave the processor idle most of the time.
 */
function mish(z: usize, slopes: usize, n: i32): void {
  const one = ONE;
  const half = HALF;
  const minInput = MIN_INPUT;
  const maxInput = MAX_INPUT;
  const log2e = LOG2E;
  const rounder = ROUNDER;
  const ln2High = LN2_HIGH;
  const ln2Low = LN2_LOW;
  const c2 = C2;
  const c3 = C3;
  const c4 = C4;
  const c5 = C5;
  const c6 = C6;
  for (const end = at(z, n); z < end; z += 32) {
    const a = v128.load(z);
    const b = v128.load(z, 16);
    // exp to about 1 ulp. NaN stays NaN: pmin and pmax return their first argument when a comparison fails.
    const xA = f32x4.pmax(f32x4.pmin(a, maxInput), minInput);
    const xB = f32x4.pmax(f32x4.pmin(b, maxInput), minInput);
    const roundedA = madd(xA, log2e, rounder);
    const roundedB = madd(xB, log2e, rounder);
    const nA = f32x4.sub(roundedA, rounder);
    const nB = f32x4.sub(roundedB, rounder);
    const rA = madd(nA, ln2Low, madd(nA, ln2High, xA));
    const rB = madd(nB, ln2Low, madd(nB, ln2High, xB));
    const squareA = f32x4.mul(rA, rA);
    const squareB = f32x4.mul(rB, rB);
    const highA = madd(c6, squareA, madd(c5, rA, c4));
    const highB = madd(c6, squareB, madd(c5, rB, c4));
    const pA = madd(madd(highA, squareA, madd(c3, rA, c2)), squareA, f32x4.add(rA, one));
    const pB = madd(madd(highB, squareB, madd(c3, rB, c2)), squareB, f32x4.add(rB, one));
    // Times 2ⁿ: n is added to the exponent.
    const eA = i32x4.add(pA, i32x4.shl(roundedA, 23));
    const eB = i32x4.add(pB, i32x4.shl(roundedB, 23));
    const vA = f32x4.mul(eA, madd(eA, half, one));
    const vB = f32x4.mul(eB, madd(eB, half, one));
    const gA = f32x4.div(one, f32x4.add(vA, one));
    const gB = f32x4.div(one, f32x4.add(vB, one));
    const tA = f32x4.mul(vA, gA);
    const tB = f32x4.mul(vB, gB);
    v128.store(z, f32x4.mul(a, tA));
    v128.store(z, f32x4.mul(b, tB), 16);
    if (slopes) {
      const uA = f32x4.mul(eA, gA);
      const uB = f32x4.mul(eB, gB);
      v128.store(slopes, madd(a, f32x4.mul(uA, f32x4.add(uA, gA)), tA));
      v128.store(slopes, madd(b, f32x4.mul(uB, f32x4.add(uB, gB)), tB), 16);
      slopes += 32;
    }
  }
}

/** The same with ReLU, over a multiple of 4 elements. NaN stays NaN. */
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
 * Applies an activation in place to n elements; writes its slopes unless `slopes` is 0. `edge` points to 16 elements of
 * scratch memory.
 */
export function activate(activation: i32, z: usize, slopes: usize, n: i32, edge: usize): void {
  const whole = n & ~7;
  activateWhole(activation, z, slopes, whole);
  const rest = n - whole;
  if (rest == 0) return;
  const values = at(z, whole);
  v128.store(edge, loadSome(values, rest));
  v128.store(edge, loadSome(values + 16, rest - 4), 16);
  activateWhole(activation, edge, edge + 32, 8);
  storeSome(values, v128.load(edge), rest);
  storeSome(values + 16, v128.load(edge, 16), rest - 4);
  if (slopes) {
    const to = at(slopes, whole);
    storeSome(to, v128.load(edge, 32), rest);
    storeSome(to + 16, v128.load(edge, 48), rest - 4);
  }
}

// Standard normal numbers of a stream (defined in src/math/streams.ts), four blocks of Philox at a time, in float64. One
// number in millions differs from the TypeScript version, where the last bits of a float64 decide the rounding. No products
// are fused, so that the numbers are the same on every machine.
import { at } from './memory';
import { threadMemory } from './thread-pool';

/** Numbers per call of `fourBlocks`. */
const VALUES_AT_ONCE: i32 = 16;

/** √½ and 1 as the bits of a float64, and the bits of a mantissa. */
const ROOT: i64 = 0x3fe6a09e667f3bcd;
const ONE: i64 = 0x3ff0000000000000;
const MANTISSA: i64 = 0xfffffffffffff;

// p z + next: a step of Horner's scheme.
function horner(p: v128, z: v128, next: f64): v128 {
  return f64x2.add(f64x2.mul(p, z), f64x2.splat(next));
}

// √(−2 ln (k 2⁻²⁴)) of k from 1 to 2²⁴.
function radius(k: v128): v128 {
  // k = m 2ᵉ with m from √½ to √2.
  const shifted = i64x2.add(k, i64x2.splat(ONE - ROOT));
  const m = i64x2.add(v128.and(shifted, i64x2.splat(MANTISSA)), i64x2.splat(ROOT));
  // An integer in the lowest bits of 2⁵².
  const e = f64x2.sub(
    v128.or(i64x2.shr_u(shifted, 52), i64x2.splat(0x4330000000000000)),
    f64x2.splat(4503599627370496.0 + 1023 + 24),
  );
  // −2 ln m = −4 artanh s
  const s = f64x2.div(f64x2.sub(m, f64x2.splat(1)), f64x2.add(m, f64x2.splat(1)));
  const z = f64x2.mul(s, s);
  let p = f64x2.splat(-4.0 / 17);
  p = horner(p, z, -4.0 / 15);
  p = horner(p, z, -4.0 / 13);
  p = horner(p, z, -4.0 / 11);
  p = horner(p, z, -4.0 / 9);
  p = horner(p, z, -4.0 / 7);
  p = horner(p, z, -4.0 / 5);
  p = horner(p, z, -4.0 / 3);
  p = horner(p, z, -4.0);
  return f64x2.sqrt(f64x2.add(f64x2.mul(e, f64x2.splat(-1.3862943611198906)), f64x2.mul(p, s)));
}

// The sine of an angle of at most an eighth of a turn, by its square as well.
function sine(a: v128, z: v128): v128 {
  let p = f64x2.splat(-1.0 / 1307674368000);
  p = horner(p, z, 1.0 / 6227020800);
  p = horner(p, z, -1.0 / 39916800);
  p = horner(p, z, 1.0 / 362880);
  p = horner(p, z, -1.0 / 5040);
  p = horner(p, z, 1.0 / 120);
  p = horner(p, z, -1.0 / 6);
  return f64x2.mul(horner(p, z, 1), a);
}

function cosine(z: v128): v128 {
  let p = f64x2.splat(-1.0 / 87178291200);
  p = horner(p, z, 1.0 / 479001600);
  p = horner(p, z, -1.0 / 3628800);
  p = horner(p, z, 1.0 / 40320);
  p = horner(p, z, -1.0 / 720);
  p = horner(p, z, 1.0 / 24);
  p = horner(p, z, -1.0 / 2);
  return horner(p, z, 1);
}

// The upper lanes, in both places.
function upper(v: v128): v128 {
  return v128.shuffle<i64>(v, v, 1, 1);
}

// Four float64 as float32.
function narrowed(low: v128, high: v128): v128 {
  return v128.shuffle<f64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

// Pairs of normal numbers from two words of each of four blocks; a block has 16 bytes at `to`.
function boxMuller(first: v128, second: v128, to: usize): void {
  const k = i32x4.add(i32x4.shr_u(first, 8), i32x4.splat(1));
  const low = radius(f64x2.convert_low_i32x4_u(k));
  const high = radius(f64x2.convert_low_i32x4_u(upper(k)));
  // 2²⁴ is a turn. The angle is a number of quarter turns plus a rest of at most an eighth either way.
  const v = i32x4.shr_u(second, 8);
  const quarters = i32x4.shr_u(i32x4.add(v, i32x4.splat(1 << 21)), 22);
  const rest = i32x4.sub(v, i32x4.shl(quarters, 22));
  const unit = f64x2.splat(3.7450702829238413e-7);
  const a = f64x2.mul(f64x2.convert_low_i32x4_s(rest), unit);
  const b = f64x2.mul(f64x2.convert_low_i32x4_s(upper(rest)), unit);
  const aa = f64x2.mul(a, a);
  const bb = f64x2.mul(b, b);
  const along = narrowed(f64x2.mul(low, cosine(aa)), f64x2.mul(high, cosine(bb)));
  const across = narrowed(f64x2.mul(low, sine(a, aa)), f64x2.mul(high, sine(b, bb)));
  // A quarter turn maps (x, y) to (−y, x).
  const odd = i32x4.neg(v128.and(quarters, i32x4.splat(1)));
  const signX = i32x4.shl(v128.and(i32x4.add(quarters, i32x4.splat(1)), i32x4.splat(2)), 30);
  const signY = i32x4.shl(v128.and(quarters, i32x4.splat(2)), 30);
  const x = v128.xor(v128.bitselect(across, along, odd), signX);
  const y = v128.xor(v128.bitselect(along, across, odd), signY);
  const front = v128.shuffle<f32>(x, y, 0, 4, 1, 5);
  const back = v128.shuffle<f32>(x, y, 2, 6, 3, 7);
  v128.store64_lane(to, front, 0);
  v128.store64_lane(to, front, 1, 16);
  v128.store64_lane(to, back, 0, 32);
  v128.store64_lane(to, back, 1, 48);
}

// The numbers of four blocks of Philox 4×32-10 from `block` on.
function fourBlocks(block: i32, step: i32, seed: i32, key: i32, to: usize): void {
  const multiplier0 = i32x4.splat(0xd2511f53);
  const multiplier1 = i32x4.splat(0xcd9e8d57);
  let x0 = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  let x1 = i32x4.splat(step);
  let x2 = i32x4.splat(0);
  let x3 = i32x4.splat(0);
  for (let round = 0; round < 10; round++) {
    const low0 = i64x2.extmul_low_i32x4_u(x0, multiplier0);
    const high0 = i64x2.extmul_high_i32x4_u(x0, multiplier0);
    const low1 = i64x2.extmul_low_i32x4_u(x2, multiplier1);
    const high1 = i64x2.extmul_high_i32x4_u(x2, multiplier1);
    x0 = v128.xor(v128.xor(v128.shuffle<i32>(low1, high1, 1, 3, 5, 7), x1), i32x4.splat(seed));
    x1 = v128.shuffle<i32>(low1, high1, 0, 2, 4, 6);
    x2 = v128.xor(v128.xor(v128.shuffle<i32>(low0, high0, 1, 3, 5, 7), x3), i32x4.splat(key));
    x3 = v128.shuffle<i32>(low0, high0, 0, 2, 4, 6);
    seed += 0x9e3779b9;
    key += 0xbb67ae85;
  }
  boxMuller(x0, x1, to);
  boxMuller(x2, x3, to + 8);
}

/** n numbers of a stream at a step, lane 0; `key` is the hash of its name. */
export function fillNormal(out: usize, n: i32, step: i32, seed: i32, key: i32): void {
  let i = 0;
  for (; i + VALUES_AT_ONCE <= n; i += VALUES_AT_ONCE) fourBlocks(i >> 2, step, seed, key, at(out, i));
  if (i == n) return;
  const edge = threadMemory();
  fourBlocks(i >> 2, step, seed, key, edge);
  memory.copy(at(out, i), edge, (<usize>(n - i)) << 2);
}

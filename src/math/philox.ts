/**
 * Philox 4×32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3" (SC 2011), bit for bit as in Random123: 128 random bits are a pure function of a 128-bit counter and a
 * 64-bit key, so that any draw can be computed alone, in any order, here or in a shader.
 */

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
/** Weyl increments of the key: the golden ratio and √3 − 1, as 32-bit fractions. */
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

const MULTIPLIER_0_LOW = MULTIPLIER_0 & 0xffff;
const MULTIPLIER_0_HIGH = MULTIPLIER_0 >>> 16;
const MULTIPLIER_1_LOW = MULTIPLIER_1 & 0xffff;
const MULTIPLIER_1_HIGH = MULTIPLIER_1 >>> 16;

/**
 * Upper 32 bits of the 64-bit product of two unsigned 32-bit integers, from four 16-bit products; each intermediate
 * stays below 2³².
 *
 * @returns an unsigned 32-bit integer.
 */
export function multiplyHigh(a: number, b: number): number {
  return highWord(a, b & 0xffff, b >>> 16) >>> 0;
}

/** `multiplyHigh` with the second factor already split in halves; the result is signed. */
function highWord(a: number, bLow: number, bHigh: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const carried = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carried >>> 16)) | 0;
}

/**
 * One Philox 4×32-10 block. Counter and key are taken modulo 2³².
 *
 * @param out receives four unsigned 32-bit words from `offset` on.
 */
export function philox4x32(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  out: Uint32Array,
  offset = 0,
): void {
  let x0 = c0 | 0;
  let x1 = c1 | 0;
  let x2 = c2 | 0;
  let x3 = c3 | 0;
  let key0 = k0 | 0;
  let key1 = k1 | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = highWord(x0, MULTIPLIER_0_LOW, MULTIPLIER_0_HIGH);
    const low0 = Math.imul(x0, MULTIPLIER_0);
    const high1 = highWord(x2, MULTIPLIER_1_LOW, MULTIPLIER_1_HIGH);
    const low1 = Math.imul(x2, MULTIPLIER_1);
    x0 = high1 ^ x1 ^ key0;
    x1 = low1;
    x2 = high0 ^ x3 ^ key1;
    x3 = low0;
    key0 = (key0 + WEYL_0) | 0;
    key1 = (key1 + WEYL_1) | 0;
  }
  out[offset] = x0;
  out[offset + 1] = x1;
  out[offset + 2] = x2;
  out[offset + 3] = x3;
}

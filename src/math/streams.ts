/**
 * Named, stateless streams of random numbers.
 *
 * Every draw is a function of (seed, name, step, lane, position). Nothing is consumed, so
 * - methods that use the same name at the same step get the same numbers: they share batches and noise;
 * - adding, dropping or reordering methods changes no other method's run;
 * - a run resumes from its step number alone, without a generator's state in the checkpoint;
 * - a shader can compute the same draws where they are needed.
 *
 * Layout, for a mirror in another language: the Philox key is [seed, hash32(name)]; the counter is
 * [block, step, lane, 0]; block b holds values 4b … 4b+3, one for each 32-bit word w0 … w3.
 * - uniform: (w >>> 8) · 2⁻²⁴, exact in float32;
 * - normal: Box–Muller on (w0, w1) and (w2, w3): u = ((w0 >>> 8) + 1) · 2⁻²⁴ in (0, 1], v = (w1 >>> 8) · 2⁻²⁴,
 *   √(−2 ln u) · (cos 2πv, sin 2πv); |value| ≤ √(48 ln 2) ≈ 5.77; evaluated in float64, then rounded;
 * - integer: the upper word of w · bound (multiply-shift).
 */
import { multiplyHigh, philox4x32 } from './philox.ts';

const UNIT = 2 ** -24;
const MAX_WORD = 0xffffffff;

/**
 * 32-bit hash of a string's UTF-8 bytes: FNV-1a, then the finaliser of MurmurHash3, so that names that differ in
 * their last letter differ in half of the bits.
 */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** One named stream. The first n values of a longer fill are those of a shorter one. */
export class RandomStream {
  readonly seed: number;
  readonly name: string;
  /** Hash of the name. */
  readonly key: number;
  readonly #words = new Uint32Array(4);

  /**
   * @param seed unsigned 32-bit integer.
   * @throws RangeError on any other seed.
   */
  constructor(seed: number, name: string) {
    this.seed = word(seed, 'seed');
    this.name = name;
    this.key = hash32(name);
  }

  /**
   * Standard normal values.
   *
   * @throws RangeError if `step` or `lane` is not an unsigned 32-bit integer.
   */
  fillNormal(out: Float32Array, step: number, lane = 0): void {
    this.#check(step, lane);
    const words = this.#words;
    for (let start = 0, block = 0; start < out.length; start += 4, block++) {
      this.#draw(block, step, lane);
      const end = Math.min(start + 4, out.length);
      for (let i = start, pair = 0; i < end; i += 2, pair += 2) {
        const radius = Math.sqrt(-2 * Math.log(((words[pair]! >>> 8) + 1) * UNIT));
        const angle = 2 * Math.PI * ((words[pair + 1]! >>> 8) * UNIT);
        out[i] = radius * Math.cos(angle);
        if (i + 1 < end) out[i + 1] = radius * Math.sin(angle);
      }
    }
  }

  /**
   * Uniform values in [0, 1), multiples of 2⁻²⁴.
   *
   * @throws RangeError if `step` or `lane` is not an unsigned 32-bit integer.
   */
  fillUniform(out: Float32Array | Float64Array, step: number, lane = 0): void {
    this.#check(step, lane);
    for (let i = 0; i < out.length; i++) {
      if ((i & 3) === 0) this.#draw(i >>> 2, step, lane);
      out[i] = (this.#words[i & 3]! >>> 8) * UNIT;
    }
  }

  /**
   * Uniform integers in 0 … bound − 1, by multiply-shift. The error of a probability is below 2⁻³², relatively bound/2³²
   * (2·10⁻⁶ for 10,000), which no run could show. Unlike rejection, it uses exactly one word per value.
   *
   * @throws RangeError if `bound` is not an integer from 1 to 2³¹, or `step` or `lane` not an unsigned 32-bit integer.
   */
  fillIntegers(out: Int32Array, bound: number, step: number, lane = 0): void {
    this.#check(step, lane);
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 31) {
      throw new RangeError(`Random integers need a bound from 1 to 2147483648, not ${bound}.`);
    }
    for (let i = 0; i < out.length; i++) {
      if ((i & 3) === 0) this.#draw(i >>> 2, step, lane);
      out[i] = multiplyHigh(this.#words[i & 3]!, bound);
    }
  }

  /**
   * One uniform number in [0, 1): the first of `fillUniform`.
   *
   * @throws RangeError if `step` or `lane` is not an unsigned 32-bit integer.
   */
  uniform(step: number, lane = 0): number {
    this.#check(step, lane);
    this.#draw(0, step, lane);
    return (this.#words[0]! >>> 8) * UNIT;
  }

  #draw(block: number, step: number, lane: number): void {
    philox4x32(block, step, lane, 0, this.seed, this.key, this.#words);
  }

  #check(step: number, lane: number): void {
    word(step, 'step');
    word(lane, 'lane');
  }
}

function word(value: number, what: string): number {
  if (!Number.isInteger(value) || value < 0 || value > MAX_WORD) {
    throw new RangeError(`A random stream's ${what} is an integer from 0 to ${MAX_WORD}, not ${value}.`);
  }
  return value;
}

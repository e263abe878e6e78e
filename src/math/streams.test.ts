import { describe, expect, it } from 'vitest';
import { philox4x32 } from './philox.ts';
import { hash32, RandomStream } from './streams.ts';

function moments(values: ArrayLike<number>): { mean: number; variance: number; skewness: number; kurtosis: number } {
  const list = Array.from(values);
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  const central = (power: number) => list.reduce((sum, value) => sum + (value - mean) ** power, 0) / list.length;
  const variance = central(2);
  return { mean, variance, skewness: central(3) / variance ** 1.5, kurtosis: central(4) / variance ** 2 };
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [ma, mb] = [moments(a), moments(b)];
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - ma.mean) * (b[i]! - mb.mean);
  return sum / a.length / Math.sqrt(ma.variance * mb.variance);
}

function normals(stream: RandomStream, count: number, step = 0, lane = 0): Float32Array {
  const out = new Float32Array(count);
  stream.fillNormal(out, step, lane);
  return out;
}

function uniforms(stream: RandomStream, count: number, step = 0, lane = 0): Float64Array {
  const out = new Float64Array(count);
  stream.fillUniform(out, step, lane);
  return out;
}

function integers(stream: RandomStream, count: number, bound: number, step = 0, lane = 0): Int32Array {
  const out = new Int32Array(count);
  stream.fillIntegers(out, bound, step, lane);
  return out;
}

/** FNV-1a over the bytes of an array. */
function digest(values: Float32Array | Int32Array): number {
  let hash = 0x811c9dc5;
  for (const byte of new Uint8Array(values.buffer)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

const N = 40_000;

describe('hash32', () => {
  it('hash32 spreads similar names', () => {
    const names = ['', 'data/a', 'data/b', 'noise', 'noise/0', 'noise/1', 'batch', 'coin', 'η'];
    expect(new Set(names.map(hash32)).size).toBe(names.length);
    const bits = (hash32('noise/0') ^ hash32('noise/1')).toString(2).replace(/[^1]/g, '').length;
    expect(bits).toBeGreaterThan(6);
  });
});

describe('RandomStream', () => {
  it('RandomStream draws normals with the moments of N(0, 1), within four standard errors', () => {
    const { mean, variance, skewness, kurtosis } = moments(normals(new RandomStream(1, 'normal'), N));
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(N));
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / N));
    expect(Math.abs(skewness)).toBeLessThan(4 * Math.sqrt(6 / N));
    expect(Math.abs(kurtosis - 3)).toBeLessThan(4 * Math.sqrt(24 / N));
  });

  it('RandomStream has normal tails', () => {
    const values = normals(new RandomStream(2, 'normal'), N);
    const beyond = (bound: number) => values.filter((value) => Math.abs(value) > bound).length / N;
    for (const [bound, share] of [
      [1, 0.317311],
      [2, 0.0455],
      [3, 0.0027],
    ] as const) {
      expect(Math.abs(beyond(bound) - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / N));
    }
    expect(values.every((value) => Number.isFinite(value) && Math.abs(value) < 5.78)).toBe(true);
  });

  it('RandomStream draws uniforms in [0, 1), even over sixteen bins', () => {
    const values = uniforms(new RandomStream(3, 'uniform'), N);
    expect(values.every((value) => value >= 0 && value < 1 && Math.fround(value) === value)).toBe(true);
    const bins = new Array<number>(16).fill(0);
    for (const value of values) bins[Math.floor(value * 16)]!++;
    const chiSquare = bins.reduce((sum, count) => sum + (count - N / 16) ** 2 / (N / 16), 0);
    expect(chiSquare).toBeLessThan(37.7); // 99.9 % quantile, 15 degrees of freedom
  });

  it('RandomStream gives float32 and float64 arrays the same uniforms', () => {
    const stream = new RandomStream(4, 'uniform');
    const single = new Float32Array(101);
    stream.fillUniform(single, 9);
    expect([...single]).toEqual([...uniforms(stream, 101, 9)]);
    expect(stream.uniform(9)).toBe(single[0]);
  });

  it('RandomStream draws integers evenly below the bound', () => {
    const values = integers(new RandomStream(5, 'integers'), N, 10);
    const counts = new Array<number>(10).fill(0);
    for (const value of values) counts[value]!++;
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(N);
    const chiSquare = counts.reduce((sum, count) => sum + (count - N / 10) ** 2 / (N / 10), 0);
    expect(chiSquare).toBeLessThan(27.9); // 99.9 % quantile, 9 degrees of freedom
    expect(integers(new RandomStream(5, 'integers'), 50, 1).every((value) => value === 0)).toBe(true);
    expect(integers(new RandomStream(5, 'integers'), 50, 2 ** 31).every((value) => value >= 0)).toBe(true);
  });

  it('RandomStream gives unrelated values to other names, seeds, steps, lanes and neighbours', () => {
    const reference = normals(new RandomStream(6, 'noise/0'), N);
    const others = [
      normals(new RandomStream(6, 'noise/1'), N),
      normals(new RandomStream(7, 'noise/0'), N),
      normals(new RandomStream(6, 'noise/0'), N, 1),
      normals(new RandomStream(6, 'noise/0'), N, 0, 1),
    ];
    for (const other of others) expect(Math.abs(correlation(reference, other))).toBeLessThan(4 / Math.sqrt(N));
    expect(Math.abs(correlation(reference.subarray(1), reference.subarray(0, N - 1)))).toBeLessThan(4 / Math.sqrt(N));
    const squares = reference.map((value) => value * value);
    expect(Math.abs(correlation(squares.subarray(1), squares.subarray(0, N - 1)))).toBeLessThan(4 / Math.sqrt(N));
    expect(Math.abs(correlation(normals(new RandomStream(6, 'x'), N), others[0]!))).toBeLessThan(4 / Math.sqrt(N));
  });

  it('RandomStream does not depend on the order of calls', () => {
    const stream = new RandomStream(8, 'noise');
    const late = normals(stream, 10, 5);
    normals(stream, 1000, 3, 2);
    stream.uniform(77);
    expect([...normals(stream, 10, 5)]).toEqual([...late]);
  });

  it('RandomStream starts a longer fill with a shorter one', () => {
    const stream = new RandomStream(9, 'noise');
    const [z, u, k] = [normals(stream, 40, 3, 4), uniforms(stream, 40, 3, 4), integers(stream, 40, 100, 3, 4)];
    for (let n = 0; n < 12; n++) {
      expect([...normals(stream, n, 3, 4)]).toEqual([...z.subarray(0, n)]);
      expect([...uniforms(stream, n, 3, 4)]).toEqual([...u.subarray(0, n)]);
      expect([...integers(stream, n, 100, 3, 4)]).toEqual([...k.subarray(0, n)]);
    }
  });

  it('RandomStream follows the layout that its documentation gives', () => {
    const out = new Uint32Array(4);
    philox4x32(2, 11, 5, 0, 12345, hash32('layout'), out);
    const stream = new RandomStream(12345, 'layout');
    expect([...uniforms(stream, 12, 11, 5).subarray(8)]).toEqual([...out].map((word) => (word >>> 8) / 2 ** 24));
    expect([...integers(stream, 12, 1000, 11, 5).subarray(8)]).toEqual(
      [...out].map((word) => Math.floor((word / 2 ** 32) * 1000)),
    );
    const radius = Math.sqrt(-2 * Math.log(((out[0]! >>> 8) + 1) / 2 ** 24));
    expect(normals(stream, 12, 11, 5)[8]).toBe(
      Math.fround(radius * Math.cos(2 * Math.PI * ((out[1]! >>> 8) / 2 ** 24))),
    );
  });

  it('RandomStream gives the pinned values', () => {
    const stream = new RandomStream(2022, 'pinned');
    expect(digest(integers(stream, 1000, 1 << 20, 17, 3))).toBe(2951466448);
    expect(digest(normals(stream, 1000, 17, 3))).toBe(3708857426);
  });

  it.each([-1, 0.5, NaN, 2 ** 32])('RandomStream rejects %d as a seed, step, lane or bound', (value) => {
    const stream = new RandomStream(0, 'x');
    expect(() => new RandomStream(value, 'x')).toThrow(/seed/);
    expect(() => stream.uniform(value)).toThrow(/step/);
    expect(() => stream.uniform(0, value)).toThrow(/lane/);
    expect(() => integers(stream, 1, value)).toThrow(/bound/);
  });
});

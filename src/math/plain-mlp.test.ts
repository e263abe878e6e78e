import { describe, expect, it } from 'vitest';
import { PlainMlpRunner, parameterCount, type PlainMlp } from './plain-mlp.ts';
import { fastRunner, SimdMlpRunner } from './simd-mlp.ts';
import { RandomStream } from './streams.ts';

function random(
  sizes: readonly number[],
  activation: PlainMlp['activation'],
  norm?: PlainMlp['norm'],
  scale = 1,
): PlainMlp {
  const params = new Float32Array(parameterCount(sizes, norm));
  new RandomStream(3, 'plain-mlp').fillNormal(params, 0);
  return { sizes, activation, params: params.map((value) => value * scale), ...(norm && { norm }) };
}

/** The same in float64, term by term. */
function reference({ sizes, activation, params, norm }: PlainMlp, x: number[]): number[] {
  let input = x;
  let offset = 0;
  for (let layer = 0; layer + 1 < sizes.length; layer++) {
    const [inWidth, outWidth] = [sizes[layer]!, sizes[layer + 1]!];
    const bias = offset + inWidth * outWidth;
    const from = offset;
    const output = Array.from({ length: outWidth }, (_, n) =>
      input.reduce((sum, value, k) => sum + value * params[from + n * inWidth + k]!, params[bias + n]!),
    );
    offset += (inWidth + 1) * outWidth;
    if (layer + 2 === sizes.length) return output;
    const gain = offset;
    if (norm) offset += 2 * outWidth;
    const mean = output.reduce((a, b) => a + b, 0) / outWidth;
    const variance = output.reduce((a, b) => a + (b - mean) ** 2, 0) / outWidth;
    const u = norm
      ? output.map(
          (z, n) => (params[gain + n]! * (z - mean)) / Math.sqrt(variance + 1e-5) + params[gain + outWidth + n]!,
        )
      : output;
    input = u.map((z) => (activation === 'relu' ? Math.max(0, z) : z * Math.tanh(Math.log1p(Math.exp(z)))));
  }
  return input;
}

const ACTIVATIONS = ['mish', 'relu'] as const;
const NORMS = [undefined, 'layer'] as const;
const CASES = ACTIVATIONS.flatMap((activation) => NORMS.map((norm) => ({ activation, norm })));

describe.each([
  { name: 'plain code', Class: PlainMlpRunner },
  { name: 'SIMD', Class: SimdMlpRunner },
])('an MLP in $name', ({ Class }) => {
  it.each(CASES)(
    'an MLP with $activation, norm $norm, agrees with float64 for any number of rows',
    ({ activation, norm }) => {
      const mlp = random([5, 19, 6, 3], activation, norm);
      const runner = new Class(mlp, 9);
      expect([runner.inWidth, runner.outWidth]).toEqual([5, 3]);
      for (const rows of [1, 2, 5, 9]) {
        const x = new Float32Array(rows * 5);
        new RandomStream(4, 'x').fillNormal(x, rows);
        const y = runner.run(x, rows);
        expect(y).toHaveLength(rows * 3);
        for (let row = 0; row < rows; row++) {
          reference(mlp, [...x.subarray(row * 5, row * 5 + 5)]).forEach((value, i) => {
            expect(Math.abs(y[row * 3 + i]! - value)).toBeLessThan(1e-4 * (1 + Math.abs(value)));
          });
        }
      }
    },
  );

  it('an MLP runner rejects a wrong number of parameters', () => {
    const { params } = random([2, 3], 'relu');
    expect(() => new Class({ sizes: [2, 4], activation: 'relu', params }, 1)).toThrow(
      'An MLP of widths 2, 4 has 12 parameters; these are 9.',
    );
    expect(() => new Class({ sizes: [2, 3], activation: 'relu', params, norm: 'layer' }, 1)).not.toThrow();
    expect(() => new Class({ ...random([2, 3, 1], 'relu'), norm: 'layer' }, 1)).toThrow('has 19 parameters');
  });
});

describe('the SIMD runner', () => {
  it('fastRunner returns the SIMD runner, which agrees with plain code at full width', () => {
    const mlp = random([30, 256, 256, 256, 3], 'mish', undefined, 1 / 16);
    const runner = fastRunner(mlp, 50);
    expect(runner).toBeInstanceOf(SimdMlpRunner);
    const x = new Float32Array(50 * 30);
    new RandomStream(5, 'x').fillNormal(x, 0);
    const expected = new PlainMlpRunner(mlp, 50).run(x, 50);
    runner.run(x, 50).forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5));
  });

  it('a row’s bits do not depend on the number of rows', () => {
    const mlp = random([7, 33, 20, 3], 'mish', 'layer');
    const x = new Float32Array(11 * 7);
    new RandomStream(6, 'x').fillNormal(x, 0);
    const all = new SimdMlpRunner(mlp, 11).run(x, 11).slice();
    const one = new SimdMlpRunner(mlp, 1);
    for (let row = 0; row < 11; row++) {
      expect(one.run(x.subarray(7 * row), 1)).toEqual(all.subarray(3 * row, 3 * row + 3));
    }
  });

  it('the SIMD runner rejects more rows than it has memory for', () => {
    expect(() => new SimdMlpRunner(random([2, 3], 'relu'), 4).run(new Float32Array(10), 5)).toThrow(
      '4 rows at most, not 5',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { MlpRunner, parameterCount, type PlainMlp } from './plain-mlp.ts';
import { RandomStream } from './streams.ts';

function random(sizes: readonly number[], activation: PlainMlp['activation']): PlainMlp {
  const params = new Float32Array(parameterCount(sizes));
  new RandomStream(3, 'plain-mlp').fillNormal(params, 0);
  return { sizes, activation, params };
}

/** The same in float64, term by term. */
function reference({ sizes, activation, params }: PlainMlp, x: number[]): number[] {
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
    input = output.map((z) => (activation === 'relu' ? Math.max(0, z) : z * Math.tanh(Math.log1p(Math.exp(z)))));
  }
  return input;
}

describe('an MLP in plain code', () => {
  it.each(['mish', 'relu'] as const)('with %s is that of float64, for any number of rows', (activation) => {
    const mlp = random([5, 7, 6, 3], activation);
    const runner = new MlpRunner(mlp, 5);
    for (const rows of [1, 2, 5]) {
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
  });

  it('takes parameters of its widths alone', () => {
    const { params } = random([2, 3], 'relu');
    expect(() => new MlpRunner({ sizes: [2, 4], activation: 'relu', params }, 1)).toThrow(
      'An MLP of widths 2, 4 has 12 parameters; these are 9.',
    );
  });
});

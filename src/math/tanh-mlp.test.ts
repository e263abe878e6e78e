import { describe, expect, it } from 'vitest';
import { PlainMlpRunner, parameterCount } from './plain-mlp.ts';
import { RandomStream } from './streams.ts';
import { TanhMlp } from './tanh-mlp.ts';

function normals(length: number, lane: number, scale = 1): Float64Array {
  const drawn = new Float32Array(length);
  new RandomStream(5, 'tanh-mlp').fillNormal(drawn, 0, lane);
  return Float64Array.from(drawn, (value) => scale * value);
}

function mlpOf(sizes: readonly number[], rows: number): TanhMlp {
  const count = parameterCount(sizes);
  return new TanhMlp(sizes, normals(count, 0, 0.5), new Float64Array(count), rows);
}

/** Widths and rows around the block sizes. */
const CASES: [number[], number][] = [
  [[3, 2], 1],
  [[5, 7, 3], 3],
  [[4, 8, 8, 1], 2],
  [[11, 9, 6, 4], 5],
];

describe('TanhMlp', () => {
  it.each(CASES)('TanhMlp of widths %j agrees with PlainMlpRunner for %i rows', (sizes, rows) => {
    const mlp = mlpOf(sizes, rows);
    const x = normals(rows * sizes[0]!, 1);
    const params = Float32Array.from(mlp.params);
    const runner = new PlainMlpRunner({ sizes, activation: 'tanh', params }, rows);
    const expected = runner.run(Float32Array.from(x), rows);
    const y = mlp.forward(x, rows);
    expected.forEach((value, i) => expect(y[i]).toBeCloseTo(value, 5));
    // A row does not depend on the others.
    const single = mlp.forward(x.slice(0, sizes[0]), 1)[0]!;
    expect(single).toBeCloseTo(expected[0]!, 5);
  });

  it.each(CASES)(
    'the gradient of a TanhMlp of widths %j agrees with central differences for %i rows',
    (sizes, rows) => {
      const mlp = mlpOf(sizes, rows);
      const x = normals(rows * sizes[0]!, 1);
      const weights = normals(rows * sizes.at(-1)!, 2);
      const value = () =>
        mlp.forward(x, rows).reduce((sum, y, i) => (i < weights.length ? sum + y * weights[i]! : sum), 0);
      value();
      mlp.backward(weights, rows);
      const step = 1e-5;
      mlp.params.forEach((param, i) => {
        mlp.params[i] = param + step;
        const above = value();
        mlp.params[i] = param - step;
        const below = value();
        mlp.params[i] = param;
        expect(mlp.gradient[i]).toBeCloseTo((above - below) / (2 * step), 7);
      });
    },
  );

  it('TanhMlp rejects a wrong number of parameters', () => {
    expect(() => new TanhMlp([2, 1], new Float64Array(2), new Float64Array(3), 1)).toThrow(
      'An MLP of widths 2, 1 has 3 parameters; these are 2, of gradients 3.',
    );
  });
});

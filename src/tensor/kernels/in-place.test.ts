import { tensor1d, variable } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { describeOnBackends, maxDifference, testNormals, KERNEL_BACKENDS } from '../testing.ts';
import { readVariable, writeVariable } from '../variables.ts';
import { adamStep } from './adam.ts';
import { lerpInPlace } from './lerp.ts';

const SIZES = [1, 63, 64, 65, 257];

/** Adam in float64, PyTorch's order of operations. */
function adamReference(p: Float64Array, gradients: Float64Array[], scale: number, rate: number): Float64Array {
  const m = new Float64Array(p.length);
  const v = new Float64Array(p.length);
  gradients.forEach((gradient, step) => {
    for (let i = 0; i < p.length; i++) {
      const g = (gradient[i] as number) * scale;
      m[i] = 0.9 * (m[i] as number) + 0.1 * g;
      v[i] = 0.999 * (v[i] as number) + 0.001 * g * g;
      const corrected = Math.sqrt(v[i] as number) / Math.sqrt(1 - 0.999 ** (step + 1)) + 1e-8;
      p[i]! -= ((rate / (1 - 0.9 ** (step + 1))) * (m[i] as number)) / corrected;
    }
  });
  return p;
}

describeOnBackends(
  'in-place kernels',
  () => {
    it.each(SIZES)('three Adam steps over %i parameters agree with float64', async (size) => {
      // On cpu a tensor may share the array that it was created from.
      const initial = testNormals('p', size);
      const gradients = [0, 1, 2].map((i) => testNormals(`g${i}`, size, 0.1));
      const state = {
        p: variable(tensor1d(initial.slice())),
        m: variable(tensor1d(new Float32Array(size))),
        v: variable(tensor1d(new Float32Array(size))),
      };
      const clipping = { scale: tensor1d([0.5]), squares: null, clip: 0 };
      gradients.forEach((gradient, step) => {
        const g = tensor1d(gradient);
        adamStep(state, g, clipping, () => step + 1, {
          learningRate: () => 0.01,
          beta1: 0.9,
          beta2: 0.999,
          epsilon: 1e-8,
        });
        g.dispose();
      });
      const expected = adamReference(
        Float64Array.from(initial),
        gradients.map((gradient) => Float64Array.from(gradient)),
        0.5,
        0.01,
      );
      expect(maxDifference(await readVariable(state.p), expected)).toBeLessThan(1e-6);
    });

    it.each(SIZES)('lerpInPlace moves %i values a quarter of the way', async (size) => {
      const [from, to] = [testNormals('from', size), testNormals('to', size)];
      const target = variable(tensor1d(from.slice()));
      lerpInPlace(target, tensor1d(to), () => 0.25);
      const expected = from.map((value, i) => 0.75 * value + 0.25 * (to[i] as number));
      expect(maxDifference(await readVariable(target), expected)).toBeLessThan(1e-6);
    });

    it('a read after lerpInPlace returns the new values', async () => {
      const target = variable(tensor1d([1, 2, 3]));
      await target.data();
      lerpInPlace(target, tensor1d([5, 6, 7]), () => 1);
      expect([...(await readVariable(target))]).toEqual([5, 6, 7]);
      lerpInPlace(target, tensor1d([8, 9, 10]), () => 1);
      expect([...(await target.data())]).toEqual([8, 9, 10]);
    });

    it('writeVariable overwrites NaN and Infinity', async () => {
      const target = variable(tensor1d([NaN, Infinity, 1]));
      writeVariable(target, Float32Array.from([1, 2, 3]));
      expect([...(await readVariable(target))]).toEqual([1, 2, 3]);
    });
  },
  KERNEL_BACKENDS,
);

import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../math/streams.ts';
import { StreamDraws } from '../stream-draws.ts';
import { describeOnBackends, maxDifference } from '../testing.ts';

const SEED = 0xdeadbeef;

describe('draws', () => {
  describeOnBackends(
    'named streams',
    () => {
      it.each([1, 3, 4, 63, 1000])(
        'draws of named streams equal those of math/streams.ts, for %i values',
        async (count) => {
          for (const step of [0, 1, 70_001]) {
            const draws = new StreamDraws(SEED).at(step);
            const normal = new Float32Array(count);
            new RandomStream(SEED, 'noise').fillNormal(normal, step);
            const drawn = draws.normal('noise', [count]);
            expect(maxDifference(await drawn.data(), normal)).toBeLessThan(2e-6);
            const uniform = new Float32Array(count);
            new RandomStream(SEED, 'places').fillUniform(uniform, step);
            const places = draws.uniform('places', [count]);
            expect(maxDifference(await places.data(), uniform)).toBe(0);
            const integers = new Int32Array(count);
            new RandomStream(SEED, 'rows').fillIntegers(integers, 10_000, step);
            const rows = draws.integers('rows', [count], 10_000);
            expect(rows.dtype).toBe('int32');
            expect(maxDifference(await rows.data(), integers)).toBe(0);
            for (const tensor of [drawn, places, rows]) tensor.dispose();
          }
        },
      );
    },
    ['cpu', 'wasm', 'wasm with relaxed SIMD', 'wasm without SIMD', 'webgpu'],
  );

  describeOnBackends(
    'normals',
    () => {
      it('normals equal those of math/streams.ts except for the rounding of a few', async () => {
        const count = 200_000;
        const normal = new Float32Array(count);
        for (const [seed, name, step] of [
          [0, 'noise', 0],
          [SEED, 'latents', 70_001],
          [0xffffffff, 'noise', 0xffffffff],
        ] as const) {
          new RandomStream(seed, name).fillNormal(normal, step);
          const tensor = new StreamDraws(seed).at(step).normal(name, [count]);
          const bits = [normal, await tensor.data()].map((values) => new Int32Array(values.slice().buffer));
          tensor.dispose();
          const [expected, drawn] = bits as [Int32Array, Int32Array];
          const apart = drawn.map((each, i) => Math.abs(each - (expected[i] as number))).filter((ulps) => ulps > 0);
          expect(apart.length).toBeLessThan(count / 1e4);
          expect(Math.max(0, ...apart)).toBeLessThanOrEqual(1);
        }
      });
    },
    ['wasm', 'wasm with relaxed SIMD'],
  );
});

import { describe, expect, it } from 'vitest';
import { betas, diffusionCoefficients, type Schedule } from './schedules.ts';

const SCHEDULES: readonly Schedule[] = ['vp', 'linear', 'cosine'];

describe('betas', () => {
  it('betas of vp, T = 2, are 1 − exp(−0.05 − 4.95 (2t − 1)/4)', () => {
    const values = betas('vp', 2);
    expect(values[0]).toBeCloseTo(1 - Math.exp(-1.2875), 14);
    expect(values[1]).toBeCloseTo(1 - Math.exp(-3.7625), 14);
  });

  it('betas of vp leave ᾱ_T = exp(−β_min − ½ (β_max − β_min)) for any T', () => {
    for (const steps of [1, 2, 5, 50, 100]) {
      const { alphasCumprod } = diffusionCoefficients(betas('vp', steps), 'float64');
      expect(alphasCumprod[steps - 1]).toBeCloseTo(Math.exp(-0.1 - 4.95), 13);
    }
  });

  it('betas of linear run from 1e-4 to 2e-2', () => {
    expect([...betas('linear', 1)]).toEqual([1e-4]);
    expect([...betas('linear', 2)]).toEqual([1e-4, 2e-2]);
    const values = betas('linear', 5);
    expect(values[2]).toBeCloseTo((1e-4 + 2e-2) / 2, 16);
    expect(values[4]).toBe(2e-2);
  });

  it('betas of cosine, T = 3, follow the published points 0, 4/3, 8/3, 4 of 4', () => {
    const alphaBar = (x: number) => Math.cos(((x + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
    const values = betas('cosine', 3);
    expect(values[0]).toBeCloseTo(1 - alphaBar(1 / 3) / alphaBar(0), 14);
    expect(values[1]).toBeCloseTo(1 - alphaBar(2 / 3) / alphaBar(1 / 3), 14);
    expect(values[2]).toBe(0.999);
    expect([...betas('cosine', 1)]).toEqual([0.999]);
  });

  it.each(SCHEDULES)('betas of %s lie in (0, 1) and grow, for every T up to 100', (schedule) => {
    for (let steps = 1; steps <= 100; steps++) {
      const values = betas(schedule, steps);
      expect(values.length).toBe(steps);
      values.forEach((value, index) => {
        expect(value).toBeGreaterThan(index === 0 ? 0 : values[index - 1]!);
        expect(value).toBeLessThan(1);
      });
    }
  });

  it.each([0, -1, 2.5, NaN])('betas refuse %d steps', (steps) => {
    expect(() => betas('vp', steps)).toThrow(RangeError);
  });
});

describe('diffusionCoefficients', () => {
  it('diffusionCoefficients of β = (0.1, 0.2) are those by hand', () => {
    const c = diffusionCoefficients([0.1, 0.2], 'float64');
    const close = (values: Float64Array, expected: number[]) =>
      expected.forEach((value, index) => expect(values[index]).toBeCloseTo(value, 12));
    close(c.alphasCumprod, [0.9, 0.72]);
    close(c.sqrtAlphasCumprod, [0.948683298050514, 0.848528137423857]);
    close(c.sqrtOneMinusAlphasCumprod, [0.316227766016838, 0.52915026221292]);
    close(c.sqrtRecipAlphasCumprod, [1.05409255338946, 1.178511301977579]);
    close(c.sqrtRecipm1AlphasCumprod, [1 / 3, 0.623609564462324]);
    close(c.posteriorVariance, [0, 0.02 / 0.28]);
    close(c.posteriorLogVarianceClipped, [-46.0517018598809, Math.log(0.02 / 0.28)]);
    close(c.posteriorMeanCoef1, [1, (0.2 * Math.sqrt(0.9)) / 0.28]);
    close(c.posteriorMeanCoef2, [0, (0.1 * Math.sqrt(0.8)) / 0.28]);
  });

  it.each(SCHEDULES)('diffusionCoefficients of %s satisfy the identities of the process', (schedule) => {
    const c = diffusionCoefficients(betas(schedule, 50), 'float64');
    for (let i = 0; i < 50; i++) {
      expect(c.sqrtAlphasCumprod[i]! ** 2 + c.sqrtOneMinusAlphasCumprod[i]! ** 2).toBeCloseTo(1, 12);
      // The posterior's mean maps a noiseless a_i = √ᾱ_i a_0 to √ᾱ_{i−1} a_0.
      const before = i === 0 ? 1 : c.sqrtAlphasCumprod[i - 1]!;
      expect(c.posteriorMeanCoef1[i]! + c.posteriorMeanCoef2[i]! * c.sqrtAlphasCumprod[i]!).toBeCloseTo(before, 10);
      expect(c.posteriorVariance[i]).toBeLessThanOrEqual(c.betas[i]!);
    }
  });

  it.each(SCHEDULES)('diffusionCoefficients of %s are float32 values near the exact ones by default', (schedule) => {
    const rounded = diffusionCoefficients(betas(schedule, 50));
    const exact = diffusionCoefficients(betas(schedule, 50), 'float64');
    for (const key of Object.keys(exact) as (keyof typeof exact)[]) {
      rounded[key].forEach((value, i) => {
        expect(Math.fround(value)).toBe(value);
        expect(Math.abs(value - exact[key][i]!)).toBeLessThan(2e-3 * Math.max(1, Math.abs(exact[key][i]!)));
      });
    }
  });

  it('diffusionCoefficients rounds after every operation, as the published code: the first step of the linear schedule', () => {
    const f = Math.fround;
    const c = diffusionCoefficients([1e-4]);
    const rest = f(1 - f(1 - f(1e-4)));
    expect(c.sqrtOneMinusAlphasCumprod[0]).toBe(f(Math.sqrt(rest)));
    expect(c.posteriorMeanCoef1[0]).toBe(f(f(1e-4) / rest));
    expect(c.posteriorMeanCoef1[0]).not.toBe(1);
  });
});

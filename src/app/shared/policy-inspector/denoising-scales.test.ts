import { describe, expect, it } from 'vitest';
import {
  actionAt,
  actionBins,
  columnOf,
  finalActions,
  qScale,
  ranked,
  niceCeil,
  shareOf,
  spreadOf,
} from './denoising-scales.ts';

/** Two levels of three candidates in two dimensions. */
const TRACE = {
  candidates: 3,
  acting: 3,
  width: 2,
  times: [1, 0],
  chains: Float32Array.from([10, 11, 20, 21, 30, 31, 0.1, -0.1, 0.2, -0.2, 0.3, -0.3]),
  values: Float32Array.from([5, 7, 5]),
  probabilities: null,
  chosen: 0,
};

describe('qScale', () => {
  it('spans a round number below the best Q, and is stable under small changes', () => {
    const scale = qScale(Float32Array.from([349.2, 347.6, 348]));
    expect(scale.best).toBeCloseTo(349.2, 3);
    expect(scale.span).toBe(2);
    expect(qScale(Float32Array.from([300, 298.1])).span).toBe(2);
    expect(shareOf(scale, 349.2)).toBeCloseTo(1, 4);
    expect(shareOf(scale, 348.2)).toBeCloseTo(0.5, 4);
    expect(shareOf(scale, 0)).toBe(0);
  });

  it('has a positive span if all Q are equal', () => {
    const scale = qScale(new Float32Array(5).fill(3));
    expect(scale.span).toBeGreaterThan(0);
    expect(shareOf(scale, 3)).toBe(1);
  });

  it.each([
    [0.0149, 0.015],
    [1, 1],
    [1.01, 1.5],
    [8.2, 10],
    [61, 80],
  ])('niceCeil rounds %f up to %f', (value, round) => {
    expect(niceCeil(value)).toBe(round);
  });
});

describe('values of a denoising trace', () => {
  it('are indexed by level, candidate and dimension', () => {
    expect(actionAt(TRACE, 0, 2, 1)).toBe(31);
    expect([...finalActions(TRACE, 1)]).toEqual([...Float32Array.from([-0.1, -0.2, -0.3])]);
    expect([...columnOf(Float32Array.from([1, 2, 3, 4]), 2, 1)]).toEqual([2, 4]);
  });

  it('are ranked by Q, equals in their own order, and unchanged without Q', () => {
    expect(ranked(TRACE)).toEqual([1, 0, 2]);
    expect(ranked({ ...TRACE, values: null })).toEqual([0, 1, 2]);
  });

  it('are counted in bins, values beyond the range in the outer ones', () => {
    expect([...actionBins(Float32Array.from([-1.2, -1, -0.4, 0, 0.9, 1]), 4)]).toEqual([2, 1, 1, 2]);
    expect(spreadOf(Float32Array.from([3, 1, 2]))[1]).toBe(2);
  });
});

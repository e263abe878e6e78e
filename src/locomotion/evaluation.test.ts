import { describe, expect, it } from 'vitest';
import { referenceReturnsOf } from '../environments/bodies/index.ts';
import { selectOffline, summarise, summary, type EvaluationPoint } from './evaluation.ts';

function point(step: number, bcLoss: number | null, ...values: number[]): EvaluationPoint {
  return {
    step,
    bcLoss,
    evaluations: values.map((value, i) => ({
      candidates: i === 0 ? 1 : 50,
      returns: [value],
      lengths: [1],
      return: { value, low: value, high: value },
      deviation: 0,
      score: null,
    })),
  };
}

describe('the score of returns', () => {
  it('the score of returns is D4RL’s score of their mean, with its interval', () => {
    const { min, max } = referenceReturnsOf('hopper')!;
    const { score, deviation, ...scored } = summary([min, max], referenceReturnsOf('hopper'));
    expect(scored.return.value).toBeCloseTo((min + max) / 2, 6);
    expect(score?.value).toBeCloseTo(50, 6);
    expect([score?.low, score?.high].map((value) => value?.toFixed(6))).toEqual(['0.000000', '100.000000']);
    expect(deviation).toBeCloseTo((max - min) / Math.SQRT2, 6);
  });

  it('without reference returns there is no score, only the raw return', () => {
    expect(referenceReturnsOf('ant')).toBeNull();
    expect(summary([3, 5], null)).toMatchObject({ score: null, return: { value: 4 } });
  });
});

describe('the points of a run', () => {
  const points = [point(1, 0.5, 10, 20), point(2, 0.2, 40, 30), point(3, 0.3, 30, 50), point(4, null, 20, 40)];

  it('a run is summarised by last, mean of ten, best and offline-selected points, per candidate count', () => {
    const [one, fifty] = summarise(points, 1);
    expect(one).toEqual({
      ...{ candidates: 1, last: 20, lastTen: 25, best: 40, bestStep: 2, selected: 30, selectedStep: 3, points: 4 },
      lastInterval: { value: 20, low: 20, high: 20 },
    });
    expect(fifty).toMatchObject({ candidates: 50, best: 50, bestStep: 3, selected: 50 });
    expect(summarise([], 1)).toEqual([]);
    const many = Array.from({ length: 12 }, (_, i) => point(i + 1, 1, i));
    expect(summarise(many, 0)[0]!.lastTen).toBe(6.5);
  });

  it('offline selection takes the point of the k-th lowest cloning loss, from 0', () => {
    expect([0, 1, 2, 3].map((k) => selectOffline(points, k)?.step ?? null)).toEqual([2, 3, 1, null]);
  });
});

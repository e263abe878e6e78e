import { describe, expect, it } from 'vitest';
import { referenceReturnsOf } from '../environments/bodies/index.ts';
import { summary } from '../locomotion/evaluation.ts';
import { scoreFormatOf } from '../locomotion/score-format.ts';
import { meanCell, pointLine, returnCell, scoreCell } from './score-cells.ts';

const MEAN = { value: 1338.4, low: 1244, high: 1417.2 };
const point = (body: string) => ({
  step: 500,
  bcLoss: 0.25,
  evaluations: [
    { candidates: 1, returns: [1300, 1400], lengths: [500, 500], ...summary([1300, 1400], referenceReturnsOf(body)) },
  ],
});

describe('a body with reference returns', () => {
  const format = scoreFormatOf('hopper');

  it('score cells of a body with reference returns hold return and score', () => {
    expect(returnCell(1338.4, format)).toBe('1338 (41.7)');
    expect(meanCell(MEAN, format)).toBe('41.7 (38.8 – 44.2), 1338');
    expect(scoreCell(point('hopper').evaluations[0]!.score)).toMatch(/^42\.1 \(/);
    expect(pointLine(point('hopper'))).toBe(
      'step 500: return with 1 candidate 1350 ± 71, normalised 42.1; cloning loss 0.2500',
    );
    expect(format.note).toBeNull();
  });
});

describe('a body without reference returns', () => {
  const format = scoreFormatOf('ant');

  it('score cells of a body without reference returns hold the plain return, and the note says that there is no score', () => {
    expect(returnCell(1338.4, format)).toBe('1338');
    expect(meanCell(MEAN, format)).toBe('1338 (1244 – 1417)');
    expect(scoreCell(point('ant').evaluations[0]!.score)).toBe('no reference returns');
    expect(pointLine(point('ant'))).toBe(
      'step 500: return with 1 candidate 1350 ± 71, no score (no reference returns); cloning loss 0.2500',
    );
    expect(format.note).toBe(
      'There are no reference returns of ant: no score can be computed, and returns stand as they are.',
    );
  });

  it('score cells of a body without reference returns hold a dash where there is no return', () => {
    expect([returnCell(null, format), meanCell(null, format)]).toEqual(['–', '–']);
  });
});

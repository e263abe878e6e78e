import { describe, expect, it } from 'vitest';
import { bandPath, bandSeries, bandValues } from './band.tsx';
import { curveRows } from './series/resample.ts';
import type { CurveBand, CurveSeries } from './types.ts';

const LINE: CurveSeries = { method: 'bcq', x: [0, 10, 20], y: [1, 2, 3] };
const BAND: CurveBand = { name: 'Mean of 3 seeds', x: [0, 10], mean: [2, 3], low: [1, -1], high: [4, 5] };
const scales = { toX: (x: unknown) => Number(x), toY: (y: unknown) => 100 - Number(y), floor: -50 };
const rows = (positive = false) => curveRows([LINE, ...bandSeries(BAND, 'bcq')], 100, positive);

describe('a band', () => {
  it('goes along its upper edge and back along its lower, as far as it has points', () => {
    expect(bandPath(rows(), 1, scales)).toBe('M0.0,96.0L10.0,95.0L10.0,101.0L0.0,99.0Z');
    expect(bandPath(rows().slice(0, 1), 1, scales)).toBe('');
  });

  it('reaches the end of a logarithmic axis where its low end is not above zero', () => {
    expect(bandValues(rows(true)[1]!, 1)).toEqual({ mean: 3, low: null, high: 5 });
    expect(bandPath(rows(true), 1, { ...scales, floor: 0.1 })).toBe('M0.0,96.0L10.0,95.0L10.0,99.9L0.0,99.0Z');
  });

  it('has no values where it has ended', () => {
    expect(bandValues(rows()[2]!, 1)).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { Drift, DRIFT_MS } from './drift.ts';

const here = Float32Array.of(0, 0);
const there = Float32Array.of(1, -1);

describe('Drift', () => {
  it('goes from one frame to the next, and ends exactly there', () => {
    const drift = new Drift();
    drift.aim(here, 0, false);
    expect(drift.moving(0)).toBe(false);
    drift.aim(there, 1000, false);
    expect(drift.moving(1000)).toBe(true);
    const half = drift.at(1000 + DRIFT_MS / 2)![0]!;
    expect(half).toBeGreaterThan(0.5);
    expect(half).toBeLessThan(1);
    expect(drift.at(1000 + DRIFT_MS)).toBe(there);
    expect(drift.moving(1000 + DRIFT_MS)).toBe(false);
  });

  it('turns round from where it is', () => {
    const drift = new Drift();
    drift.aim(here, 0, false);
    drift.aim(there, 0, false);
    const [x] = drift.at(30)!;
    drift.aim(here, 30, false);
    expect(drift.at(30)![0]).toBeCloseTo(x!, 6);
  });

  it('Drift jumps on request, to another number of samples, and to none', () => {
    const drift = new Drift();
    drift.aim(here, 0, false);
    drift.aim(there, 0, true);
    expect(drift.at(0)).toBe(there);
    const more = new Float32Array(4);
    drift.aim(more, 0, false);
    expect(drift.at(0)).toBe(more);
    drift.aim(null, 0, false);
    expect(drift.at(0)).toBeNull();
  });
});

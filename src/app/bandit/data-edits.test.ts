import { describe, expect, it } from 'vitest';
import { MAX_MODES, MAX_PAINTED, placementModes } from '../../datasets/bandit.ts';
import { defaultExperiment, type BanditData } from '../../bandit/experiment.ts';
import { validateExperiment } from '../../bandit/experiment-schema.ts';
import { addMode, changeMode, erase, paint, removeMode } from './data-edits.ts';

const CORNERS: BanditData = { placement: 'corners', modes: placementModes('corners'), painted: [] };

function expectRight(data: BanditData): void {
  expect(() => validateExperiment({ ...defaultExperiment(), data })).not.toThrow();
}

describe('data edits', () => {
  it('change the placement to custom without changing the published one', () => {
    const moved = changeMode(CORNERS, 1, { x: 0.1 });
    expect(moved.placement).toBe('custom');
    expect(moved.modes[1]).toEqual({ x: 0.1, y: -0.8, sigma: 0.05, reward: 0 });
    expect(CORNERS.modes[1]!.x).toBe(-0.8);
    expectRight(moved);
  });

  it('clamp a mode to its bounds', () => {
    const wild = changeMode(CORNERS, 0, { x: 7, y: -7, sigma: 0, reward: 1e9 });
    expect(wild.modes[0]).toEqual({ x: 1, y: -1, sigma: 0.01, reward: 10 });
    expectRight(wild);
  });

  it('add modes at empty places, up to the limit', () => {
    let data = CORNERS;
    for (let i = 0; i < 20; i++) data = addMode(data);
    expect(data.modes).toHaveLength(MAX_MODES);
    expect(data.modes[4]).toMatchObject({ x: 0, y: 0 });
    const places = new Set(data.modes.map(({ x, y }) => `${x} ${y}`));
    expect(places.size).toBe(MAX_MODES);
    expectRight(data);
  });

  it('never remove the last mode', () => {
    let data = CORNERS;
    for (let i = 0; i < 9; i++) data = removeMode(data, 0);
    expect(data.modes).toEqual([CORNERS.modes[3]]);
  });

  it('paint points on the grid of a link up to the limit, and erase them', () => {
    const stroke = Array.from({ length: MAX_PAINTED + 9 }, () => ({ x: 0.12345, y: 3, reward: 2 }));
    const painted = paint(CORNERS, stroke);
    expect(painted.painted).toHaveLength(MAX_PAINTED);
    expectRight(painted);
    expect(erase(painted, 0.12, 1, 0.1).painted).toEqual([]);
    expect(erase(painted, -0.5, 0, 0.1)).toBe(painted);
  });
});

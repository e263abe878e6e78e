import { describe, expect, it } from 'vitest';
import {
  BANDIT_POINTS,
  decodePainted,
  encodePainted,
  generateBandit,
  heldOut,
  MAX_PAINTED,
  modeCounts,
  placementModes,
  snapMode,
  snapPainted,
  type PaintedPoint,
} from './bandit.ts';
import { RandomStream } from '../math/streams.ts';

const CORNERS = { modes: placementModes('corners'), painted: [] };

function randomPainted(count: number, seed: number): PaintedPoint[] {
  const values = new Float64Array(3 * count);
  new RandomStream(seed, 'test').fillUniform(values, 0);
  return Array.from({ length: count }, (_, i) =>
    snapPainted({ x: 2 * values[3 * i]! - 1, y: 2 * values[3 * i + 1]! - 1, reward: 10 * values[3 * i + 2]! - 10 }),
  );
}

function rowMoments(values: number[]): [mean: number, deviation: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
}

describe('generateBandit', () => {
  it('generated bandit data have equal modes, each with its centre, deviation and reward', () => {
    const { points, rewards, modeOf } = generateBandit(CORNERS, 3);
    expect(rewards.length).toBe(BANDIT_POINTS);
    CORNERS.modes.forEach((mode, index) => {
      const rows = [...modeOf.keys()].filter((row) => modeOf[row] === index);
      expect(rows.length).toBe(2500);
      const error = 4 / Math.sqrt(rows.length);
      for (const [axis, centre] of [mode.x, mode.y].entries()) {
        const [mean, deviation] = rowMoments(rows.map((row) => points[2 * row + axis]!));
        expect(Math.abs(mean - centre)).toBeLessThan(mode.sigma * error);
        expect(Math.abs(deviation - mode.sigma)).toBeLessThan(mode.sigma * error);
      }
      const [mean, deviation] = rowMoments(rows.map((row) => rewards[row]!));
      expect(Math.abs(mean - mode.reward)).toBeLessThan(0.5 * error);
      expect(Math.abs(deviation - 0.5)).toBeLessThan(0.5 * error);
    });
  });

  it('98.9 % of generated bandit points are within 3σ of a centre', () => {
    const { points, modeOf } = generateBandit(CORNERS, 0);
    let inside = 0;
    for (let row = 0; row < BANDIT_POINTS; row++) {
      const mode = CORNERS.modes[modeOf[row]!]!;
      if (Math.hypot(points[2 * row]! - mode.x, points[2 * row + 1]! - mode.y) <= 3 * mode.sigma) inside++;
    }
    expect(inside / BANDIT_POINTS).toBeCloseTo(1 - Math.exp(-4.5), 2);
  });

  it('the first modes of bandit data get the remainder of points', () => {
    expect(modeCounts(3)).toEqual([3334, 3333, 3333]);
    for (let count = 1; count <= 12; count++) {
      expect(modeCounts(count).reduce((sum, part) => sum + part, 0)).toBe(BANDIT_POINTS);
    }
  });

  it('generated bandit points are clipped to the square', () => {
    const { points } = generateBandit({ modes: [{ x: 1, y: -1, sigma: 0.3, reward: 0 }], painted: [] }, 1);
    expect(points.every((value) => value >= -1 && value <= 1)).toBe(true);
    expect(points.some((value) => value === 1)).toBe(true);
  });

  it('painted points are appended to bandit data unchanged', () => {
    const painted = randomPainted(5, 1);
    const { points, rewards, modeOf } = generateBandit({ ...CORNERS, painted }, 1);
    expect(rewards.length).toBe(BANDIT_POINTS + 5);
    painted.forEach((point, index) => {
      const row = BANDIT_POINTS + index;
      expect([points[2 * row], points[2 * row + 1], rewards[row]]).toEqual(
        [point.x, point.y, point.reward].map(Math.fround),
      );
      expect(modeOf[row]).toBe(-1);
    });
    const bare = generateBandit(CORNERS, 1);
    expect(points.subarray(0, bare.points.length)).toEqual(bare.points);
  });

  it('generated bandit data depend only on the seed', () => {
    expect(generateBandit(CORNERS, 5)).toEqual(generateBandit(CORNERS, 5));
    expect(generateBandit(CORNERS, 5).points).not.toEqual(generateBandit(CORNERS, 6).points);
  });

  it('bandit data without modes or points are rejected', () => {
    expect(() => generateBandit({ modes: [], painted: [] }, 0)).toThrow(/at least one mode/);
  });
});

describe('heldOut', () => {
  it('held-out bandit points are other points of the same distribution', () => {
    const held = heldOut(CORNERS, 3, 4000);
    const { points } = generateBandit(CORNERS, 3);
    const known = new Set([...points.keys()].filter((i) => i % 2 === 0).map((i) => `${points[i]},${points[i + 1]}`));
    const counts = [0, 0, 0, 0];
    for (let row = 0; row < 4000; row++) {
      const [x, y] = [held[2 * row]!, held[2 * row + 1]!];
      expect(known.has(`${x},${y}`)).toBe(false);
      const nearest = CORNERS.modes.findIndex((mode) => Math.hypot(x - mode.x, y - mode.y) < 0.3);
      counts[nearest]!++;
    }
    for (const count of counts) expect(Math.abs(count / 4000 - 0.25)).toBeLessThan(4 * Math.sqrt(0.1875 / 4000));
  });

  it('held-out bandit data have painted points in their proportion', () => {
    const painted = Array.from({ length: 2000 }, () => ({ x: 0, y: 0, reward: 1 }));
    const held = heldOut({ ...CORNERS, painted }, 0, 3000);
    const atoms = Array.from({ length: 3000 }, (_, row) => held[2 * row] === 0 && held[2 * row + 1] === 0);
    const fraction = atoms.filter(Boolean).length / 3000;
    expect(Math.abs(fraction - 1 / 6)).toBeLessThan(4 * Math.sqrt(5 / 36 / 3000));
  });

  it('a longer held-out set begins with a shorter one', () => {
    expect(heldOut(CORNERS, 3, 100).subarray(0, 26)).toEqual(heldOut(CORNERS, 3, 13));
  });
});

describe('painted points in a link', () => {
  it('painted points in a link decode exactly', () => {
    for (const count of [0, 1, 2, 17, MAX_PAINTED]) {
      const painted = randomPainted(count, count);
      expect(decodePainted(encodePainted(painted))).toEqual(painted);
    }
    const edges = [
      { x: -1, y: 1, reward: -10 },
      { x: 1, y: -1, reward: 10 },
      { x: 0, y: 0, reward: 0 },
    ];
    expect(decodePainted(encodePainted(edges))).toEqual(edges);
  });

  it('painted points in a link use six characters a point, none escaped', () => {
    const text = encodePainted(randomPainted(100, 1));
    expect(text.length).toBe(603);
    expect(new URLSearchParams({ painted: text }).toString()).toBe(`painted=${text}`);
  });

  it('painted points in a link are on the painting grid', () => {
    expect(snapPainted({ x: 0.12345, y: -0.00001, reward: 3.456 })).toEqual({ x: 0.1235, y: 0, reward: 3.455 });
    expect(snapPainted({ x: 7, y: -7, reward: 99 })).toEqual({ x: 1, y: -1, reward: 10 });
    for (const point of randomPainted(200, 2)) expect(snapPainted(point)).toEqual(point);
    expect(snapMode({ x: 2, y: 0.3, sigma: 0.04567, reward: 5 })).toEqual({ x: 1, y: 0.3, sigma: 0.046, reward: 5 });
  });

  it('damaged painted points in a link are rejected with the reason', () => {
    const text = encodePainted(randomPainted(3, 4));
    expect(() => decodePainted(text.slice(0, -1))).toThrow(/has 20 characters/);
    expect(() => decodePainted(text.slice(0, -6))).toThrow(/checksum/);
    expect(() => decodePainted('1')).toThrow(/characters/);
    expect(() => decodePainted(`2${text.slice(1)}`)).toThrow(/starts with "2"/);
    expect(() => decodePainted(text.replace(/.$/, '%'))).toThrow(/character 21 is "%"/);
    expect(() => decodePainted(`${text.slice(0, 5)}${text[5] === 'A' ? 'B' : 'A'}${text.slice(6)}`)).toThrow(
      /checksum/,
    );
    const many = encodePainted(Array.from({ length: MAX_PAINTED + 1 }, () => ({ x: 0, y: 0, reward: 0 })));
    expect(() => decodePainted(many)).toThrow(/2000 is the most/);
  });
});

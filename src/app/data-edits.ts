/** Changes of the bandit's data by hand: pure, bounded, and always a valid data set. */
import { MAX_MODES, MAX_PAINTED, MIN_MODES, type Mode, type PaintedPoint } from '../datasets/bandit.ts';
import type { BanditData } from '../training/experiment.ts';

export interface ModeBound {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly label: string;
}

/** Bounds of a mode's numbers, for the form and for a drag. */
export const MODE_BOUNDS: Readonly<Record<keyof Mode, ModeBound>> = {
  x: { min: -1, max: 1, step: 0.05, label: 'x' },
  y: { min: -1, max: 1, step: 0.05, label: 'y' },
  sigma: { min: 0.01, max: 0.5, step: 0.01, label: 'σ' },
  reward: { min: -10, max: 10, step: 0.5, label: 'reward' },
};

const SIGMA = 0.05;

function clampTo(key: keyof Mode, value: number): number {
  const { min, max } = MODE_BOUNDS[key];
  return Math.min(max, Math.max(min, Number(value.toFixed(3))));
}

function boundedMode(mode: Mode): Mode {
  return {
    x: clampTo('x', mode.x),
    y: clampTo('y', mode.y),
    sigma: clampTo('sigma', mode.sigma),
    reward: clampTo('reward', mode.reward),
  };
}

export function withModes(data: BanditData, modes: readonly Mode[]): BanditData {
  return { ...data, placement: 'custom', modes: modes.slice(0, MAX_MODES).map(boundedMode) };
}

export function changeMode(data: BanditData, index: number, change: Partial<Mode>): BanditData {
  return withModes(
    data,
    data.modes.map((mode, at) => (at === index ? { ...mode, ...change } : mode)),
  );
}

/** A mode at the given place, or at the emptiest spot of a coarse lattice. */
export function addMode(data: BanditData, place?: { x: number; y: number }): BanditData {
  if (data.modes.length >= MAX_MODES) return data;
  const { x, y } = place ?? emptiestSpot(data.modes);
  return withModes(data, [...data.modes, { x, y, sigma: SIGMA, reward: 1 }]);
}

export function removeMode(data: BanditData, index: number): BanditData {
  if (data.modes.length <= MIN_MODES) return data;
  return withModes(
    data,
    data.modes.filter((_, at) => at !== index),
  );
}

export function paint(data: BanditData, points: readonly PaintedPoint[]): BanditData {
  const painted = [...data.painted, ...points.map(boundedPoint)].slice(0, MAX_PAINTED);
  return { ...data, placement: 'custom', painted };
}

export function erase(data: BanditData, x: number, y: number, radius: number): BanditData {
  const painted = data.painted.filter((point) => Math.hypot(point.x - x, point.y - y) > radius);
  return painted.length === data.painted.length ? data : { ...data, placement: 'custom', painted };
}

function boundedPoint(point: PaintedPoint): PaintedPoint {
  return { x: clampTo('x', point.x), y: clampTo('y', point.y), reward: clampTo('reward', point.reward) };
}

function emptiestSpot(modes: readonly Mode[]): { x: number; y: number } {
  let best = { x: 0, y: 0 };
  let farthest = -1;
  for (const x of [0, -0.8, -0.4, 0.4, 0.8]) {
    for (const y of [0, -0.8, -0.4, 0.4, 0.8]) {
      const nearest = Math.min(...modes.map((mode) => Math.hypot(mode.x - x, mode.y - y)));
      if (nearest > farthest + 1e-9) {
        farthest = nearest;
        best = { x, y };
      }
    }
  }
  return best;
}

/** Share of the data's points that belong to each mode: equal parts. */
export function dataShares(modes: readonly Mode[]): number[] {
  return modes.map(() => 1 / modes.length);
}

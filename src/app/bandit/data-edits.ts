/** Edits of the bandit's data: pure functions whose result is always a valid data set within bounds. */
import {
  MAX_MODES,
  MAX_PAINTED,
  MIN_MODES,
  MODE_BOUNDS,
  snapMode,
  snapPainted,
  type Mode,
  type PaintedPoint,
} from '../../datasets/bandit.ts';
import type { BanditData } from '../../bandit/experiment.ts';

interface ModeField {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly label: string;
}

/** A mode's numbers as the form shows them. */
export const MODE_FIELDS: Readonly<Record<keyof Mode, ModeField>> = {
  x: { ...MODE_BOUNDS.x, step: 0.05, label: 'x' },
  y: { ...MODE_BOUNDS.y, step: 0.05, label: 'y' },
  sigma: { ...MODE_BOUNDS.sigma, step: 0.01, label: 'σ' },
  reward: { ...MODE_BOUNDS.reward, step: 0.5, label: 'reward' },
};

const NEW_MODE = { sigma: 0.05, reward: 1 };

export function withModes(data: BanditData, modes: readonly Mode[]): BanditData {
  return { ...data, placement: 'custom', modes: modes.slice(0, MAX_MODES).map(snapMode) };
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
  return withModes(data, [...data.modes, { x, y, ...NEW_MODE }]);
}

export function removeMode(data: BanditData, index: number): BanditData {
  if (data.modes.length <= MIN_MODES) return data;
  return withModes(
    data,
    data.modes.filter((_, at) => at !== index),
  );
}

export function paint(data: BanditData, points: readonly PaintedPoint[]): BanditData {
  const painted = [...data.painted, ...points.map(snapPainted)].slice(0, MAX_PAINTED);
  return { ...data, placement: 'custom', painted };
}

export function erase(data: BanditData, x: number, y: number, radius: number): BanditData {
  const painted = data.painted.filter((point) => Math.hypot(point.x - x, point.y - y) > radius);
  return painted.length === data.painted.length ? data : { ...data, placement: 'custom', painted };
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

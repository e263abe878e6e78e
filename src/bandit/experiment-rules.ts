/**
 * What each field of an experiment may be. A rule makes both the schema that is tested and the words that say what would
 * be right.
 */
import { METHOD_IDS, type MethodId } from './methods.ts';
import {
  MAX_MODES,
  MAX_PAINTED,
  MIN_MODES,
  MODE_BOUNDS,
  snapPainted,
  type Mode,
  type PaintedPoint,
} from '../datasets/bandit.ts';
import { EXPERIMENT_BOUNDS } from './experiment.ts';
import type { NumberRule } from '../experiment/field-rules.ts';

export const SEED: NumberRule = { ...EXPERIMENT_BOUNDS.seed, integer: true };
export const BUDGET: NumberRule = { ...EXPERIMENT_BOUNDS.budget, integer: true };
export const MODE_KEYS = ['x', 'y', 'sigma', 'reward'] as const;
export const POINT_KEYS = ['x', 'y', 'reward'] as const;
export const MODE_RULES = Object.fromEntries(
  MODE_KEYS.map((key) => [key, { ...MODE_BOUNDS[key], integer: false }]),
) as unknown as Record<keyof Mode, NumberRule>;

export const PLACEMENTS = ['corners', 'diamond', 'custom'] as const;
export const PRESETS = ['paper', 'fast'] as const;
export const RACES = ['steps', 'seconds'] as const;

export const MODE_COUNT = `a list of ${MIN_MODES} to ${MAX_MODES} modes`;
export const PAINTED_COUNT = `a list of at most ${MAX_PAINTED} points`;

export function sameModes(a: readonly Mode[], b: readonly Mode[]): boolean {
  return a.length === b.length && a.every((mode, index) => MODE_KEYS.every((key) => mode[key] === b[index]![key]));
}

export function isOnGrid(point: PaintedPoint): boolean {
  const snapped = snapPainted(point);
  return POINT_KEYS.every((key) => Object.is(snapped[key], point[key]));
}

/** The methods in the catalogue's order, each once. */
export function inCatalogueOrder(methods: readonly MethodId[]): MethodId[] {
  return METHOD_IDS.filter((id) => methods.includes(id));
}

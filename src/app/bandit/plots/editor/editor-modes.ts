/** Edits of a data set's modes: each returns a new list within the bounds. */
import { MAX_MODES, MIN_MODES, snapMode, type Mode } from '../../../../datasets/bandit.ts';

export const NUDGE = 0.02;
export const BIG_NUDGE = 0.1;
export const SIGMA_NUDGE = 0.01;
/** What a double click adds. */
const NEW_SIGMA = 0.05;
const NEW_REWARD = 1;

/** To the hundredth: what a pointer means, and what a link keeps short. */
function hundredth(value: number): number {
  return Math.round(value * 100) / 100;
}

export function moveMode(modes: readonly Mode[], index: number, x: number, y: number): Mode[] {
  return modes.map((mode, i) => (i === index ? snapMode({ ...mode, x: hundredth(x), y: hundredth(y) }) : { ...mode }));
}

export function widenMode(modes: readonly Mode[], index: number, by: number): Mode[] {
  return modes.map((mode, i) => (i === index ? snapMode({ ...mode, sigma: hundredth(mode.sigma + by) }) : { ...mode }));
}

export function canAdd(modes: readonly Mode[]): boolean {
  return modes.length < MAX_MODES;
}

export function canRemove(modes: readonly Mode[]): boolean {
  return modes.length > MIN_MODES;
}

export function addModeAt(modes: readonly Mode[], x: number, y: number): Mode[] {
  const added = snapMode({ x: hundredth(x), y: hundredth(y), sigma: NEW_SIGMA, reward: NEW_REWARD });
  return [...modes.map((mode) => ({ ...mode })), added];
}

export function removeModeAt(modes: readonly Mode[], index: number): Mode[] {
  return modes.filter((_, i) => i !== index).map((mode) => ({ ...mode }));
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** The way an arrow key goes, y upwards; null for other keys. */
export function arrowStep(key: string, step: number): [dx: number, dy: number] | null {
  const arrow = ARROWS[key];
  return arrow ? [arrow[0] * step, arrow[1] * step] : null;
}

/**
 * The 2D bandit of Wang et al., 2023, §4: one step, no state (s = (0, 0)), actions in [-1, 1]² from a mixture of
 * Gaussians, each point with a reward ~ N(its mode's mean, REWARD_SIGMA²).
 * Points painted by hand join the data as they are.
 */
import { RandomStream } from '../math/streams.ts';

/** Number of points that are divided equally among the modes. */
export const BANDIT_POINTS = 10_000;
/** Standard deviation of a reward around its mode's mean. */
const REWARD_SIGMA = 0.5;
export const MIN_MODES = 1;
export const MAX_MODES = 12;
export const MAX_PAINTED = 2000;

/** Bounds of a mode's numbers; a painted point has those of x, y and reward. */
export const MODE_BOUNDS = {
  x: { min: -1, max: 1 },
  y: { min: -1, max: 1 },
  sigma: { min: 0.01, max: 0.5 },
  reward: { min: -10, max: 10 },
} as const;

export interface Mode {
  x: number;
  y: number;
  /** Standard deviation along either axis. */
  sigma: number;
  /** Mean reward of the mode's points. */
  reward: number;
}

/**
 * A painted data point with its reward, added to the `BANDIT_POINTS` of the modes. It lies on the grid of `snapPainted`.
 */
export interface PaintedPoint {
  x: number;
  y: number;
  reward: number;
}

export type Placement = 'corners' | 'diamond' | 'custom';

export interface BanditData {
  placement: Placement;
  /** The modes; those of the placement unless it is `custom`. 1 to 12. */
  modes: Mode[];
  /** Points painted by hand, at most `MAX_PAINTED`. */
  painted: PaintedPoint[];
}

/** The distribution of the data. */
interface BanditSource {
  readonly modes: readonly Readonly<Mode>[];
  readonly painted: readonly Readonly<PaintedPoint>[];
}

/** The drawn data: n = `BANDIT_POINTS` + painted points, mode after mode, the painted ones last. */
interface BanditPoints {
  /** [n, 2], in [-1, 1]. */
  points: Float32Array;
  /** [n] */
  rewards: Float32Array;
  /** [n], index of the mode that a point was drawn from; -1 for a painted one. */
  modeOf: Int16Array;
}

const SIGMA = 0.05;

/** Corner means and rewards in the order of the reference results: top-left, bottom-left, top-right, bottom-right. */
const CORNERS: readonly Mode[] = [
  { x: -0.8, y: 0.8, sigma: SIGMA, reward: 3.0 },
  { x: -0.8, y: -0.8, sigma: SIGMA, reward: 0.0 },
  { x: 0.8, y: 0.8, sigma: SIGMA, reward: 1.5 },
  { x: 0.8, y: -0.8, sigma: SIGMA, reward: 5.0 },
];

/** The diamond: top, right, bottom, left, with the corners' rewards turned by an eighth. */
const DIAMOND: readonly Mode[] = [
  { x: 0, y: 0.8, sigma: SIGMA, reward: 3.0 },
  { x: 0.8, y: 0, sigma: SIGMA, reward: 1.5 },
  { x: 0, y: -0.8, sigma: SIGMA, reward: 5.0 },
  { x: -0.8, y: 0, sigma: SIGMA, reward: 0.0 },
];

/** The modes of a published placement (a fresh copy). */
export function placementModes(placement: 'corners' | 'diamond'): Mode[] {
  return (placement === 'corners' ? CORNERS : DIAMOND).map((mode) => ({ ...mode }));
}

/** How many of the `BANDIT_POINTS` each of `modeCount` modes gets: equal parts, the remainder to the first modes. */
export function modeCounts(modeCount: number): number[] {
  const perMode = Math.floor(BANDIT_POINTS / modeCount);
  const remainder = BANDIT_POINTS - perMode * modeCount;
  return Array.from({ length: modeCount }, (_, index) => perMode + (index < remainder ? 1 : 0));
}

/**
 * The data of one seed. Streams: `data/points` (two normals a point), `data/rewards` (one); a point keeps its normals
 * while its mode is moved, so that a dragged mode drags its points.
 *
 * @throws RangeError without a mode, or on a seed that is not an unsigned 32-bit integer.
 */
export function generateBandit(data: BanditSource, seed: number): BanditPoints {
  const modeOf = modeIndices(data);
  const noise = new Float32Array(2 * BANDIT_POINTS);
  const rewardNoise = new Float32Array(BANDIT_POINTS);
  new RandomStream(seed, 'data/points').fillNormal(noise, 0);
  new RandomStream(seed, 'data/rewards').fillNormal(rewardNoise, 0);
  const points = new Float32Array(2 * modeOf.length);
  const rewards = new Float32Array(modeOf.length);
  for (let i = 0; i < BANDIT_POINTS; i++) {
    const mode = data.modes[modeOf[i]!]!;
    points[2 * i] = clip(mode.x + mode.sigma * noise[2 * i]!);
    points[2 * i + 1] = clip(mode.y + mode.sigma * noise[2 * i + 1]!);
    rewards[i] = mode.reward + REWARD_SIGMA * rewardNoise[i]!;
  }
  data.painted.forEach((point, index) => {
    const i = BANDIT_POINTS + index;
    points[2 * i] = point.x;
    points[2 * i + 1] = point.y;
    rewards[i] = point.reward;
  });
  return { points, rewards, modeOf };
}

/**
 * Fresh, independent points of the distribution that the data were drawn from, to compare samples with. Each comes
 * from a mode, or is a painted point (an atom of the distribution), in the proportions of the data.
 * Streams: `data/held-out/which`, `data/held-out/points`. A longer set starts with a shorter one.
 *
 * @returns [n, 2], in [-1, 1].
 * @throws RangeError as `generateBandit`.
 */
export function heldOut(data: BanditSource, seed: number, n: number): Float32Array {
  const modeOf = modeIndices(data);
  const which = new Int32Array(n);
  const points = new Float32Array(2 * n);
  new RandomStream(seed, 'data/held-out/which').fillIntegers(which, modeOf.length, 0);
  new RandomStream(seed, 'data/held-out/points').fillNormal(points, 0);
  for (let i = 0; i < n; i++) {
    const row = which[i]!;
    const mode = data.modes[modeOf[row]!];
    const centre = mode ?? data.painted[row - BANDIT_POINTS]!;
    const sigma = mode ? mode.sigma : 0;
    points[2 * i] = clip(centre.x + sigma * points[2 * i]!);
    points[2 * i + 1] = clip(centre.y + sigma * points[2 * i + 1]!);
  }
  return points;
}

/** For each row of the data the mode that it is drawn from; -1 for a painted one. */
function modeIndices(data: BanditSource): Int16Array {
  if (data.modes.length < MIN_MODES) throw new RangeError('The bandit needs at least one mode.');
  const modeOf = new Int16Array(BANDIT_POINTS + data.painted.length).fill(-1);
  let row = 0;
  modeCounts(data.modes.length).forEach((count, mode) => {
    modeOf.fill(mode, row, row + count);
    row += count;
  });
  return modeOf;
}

function clip(value: number): number {
  return Math.min(1, Math.max(-1, value));
}

/**
 * Painted points in a link: the format's version `1`, a checksum (two characters), then six characters a point, two
 * each for x, y and reward: 12 bits in base64url, the number of grid steps above −`GRID_OFFSET` steps.
 */
const PAINTED_FORMAT = '1';
const HEAD_LENGTH = 3;
const POINT_LENGTH = 6;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const GRID_OFFSET = 2000;
/** Grid steps a unit: painted x and y are multiples of 0.0005 in ±1, painted rewards multiples of 0.005 in ±10. */
const GRID = { x: 2000, y: 2000, reward: 200 } as const;

/**
 * A painted point moved to the nearest point of the grid that links hold (0.0005 in x and y, 0.005 in reward, clipped
 * to ±1 and ±10), so that a link restores the points exactly.
 */
export function snapPainted(point: Readonly<PaintedPoint>): PaintedPoint {
  return {
    x: fromGrid(toGrid(point.x, GRID.x), GRID.x),
    y: fromGrid(toGrid(point.y, GRID.y), GRID.y),
    reward: fromGrid(toGrid(point.reward, GRID.reward), GRID.reward),
  };
}

/** A mode with its numbers rounded to what a form shows (0.0005 in x and y, 0.001 in σ, 0.005 in reward) and clipped. */
export function snapMode(mode: Readonly<Mode>): Mode {
  const { min, max } = MODE_BOUNDS.sigma;
  return { ...snapPainted(mode), sigma: Math.min(max, Math.max(min, Math.round(mode.sigma * 1000) / 1000)) };
}

/** Painted points, moved to the grid, as text for a link: six characters a point; `''` for none. */
export function encodePainted(painted: readonly Readonly<PaintedPoint>[]): string {
  if (painted.length === 0) return '';
  const body = painted
    .map(
      (point) =>
        digits(toGrid(point.x, GRID.x)) + digits(toGrid(point.y, GRID.y)) + digits(toGrid(point.reward, GRID.reward)),
    )
    .join('');
  return PAINTED_FORMAT + checksum(body) + body;
}

/**
 * The points of `encodePainted`.
 *
 * @throws Error that says what is wrong with a damaged text.
 */
export function decodePainted(text: string): PaintedPoint[] {
  if (text === '') return [];
  const strange = /[^A-Za-z0-9_-]/.exec(text);
  if (strange)
    throw damaged(`character ${strange.index + 1} is "${strange[0]}", and only A–Z, a–z, 0–9, - and _ occur`);
  if (text[0] !== PAINTED_FORMAT) throw damaged(`it starts with "${text[0]}", and this version reads "1"`);
  const body = text.slice(HEAD_LENGTH);
  if (body.length === 0 || body.length % POINT_LENGTH !== 0) {
    throw damaged(`it has ${text.length} characters, and whole points need 3 and 6 for each point`);
  }
  const count = body.length / POINT_LENGTH;
  if (count > MAX_PAINTED) throw damaged(`it holds ${count} points, and ${MAX_PAINTED} is the most`);
  const expected = checksum(body);
  const found = text.slice(1, HEAD_LENGTH);
  if (found !== expected) throw damaged(`its checksum is "${found}", and its points give "${expected}"`);
  return Array.from({ length: count }, (_, index) => {
    const at = index * POINT_LENGTH;
    const numbers = [0, 2, 4].map(
      (part) => 64 * DIGITS.indexOf(body[at + part]!) + DIGITS.indexOf(body[at + part + 1]!),
    ) as [number, number, number];
    if (numbers.some((number) => number > 2 * GRID_OFFSET))
      throw damaged(`point ${index + 1} lies outside of the square`);
    return {
      x: fromGrid(numbers[0], GRID.x),
      y: fromGrid(numbers[1], GRID.y),
      reward: fromGrid(numbers[2], GRID.reward),
    };
  });
}

function damaged(what: string): Error {
  return new Error(`The painted points can't be read: ${what}.`);
}

function toGrid(value: number, stepsPerUnit: number): number {
  return Math.min(2 * GRID_OFFSET, Math.max(0, Math.round(value * stepsPerUnit) + GRID_OFFSET));
}

function fromGrid(number: number, stepsPerUnit: number): number {
  return (number - GRID_OFFSET) / stepsPerUnit;
}

function digits(number: number): string {
  return DIGITS[number >>> 6]! + DIGITS[number & 63]!;
}

/** 12 bits of FNV-1a. */
function checksum(body: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < body.length; i++) hash = Math.imul(hash ^ body.charCodeAt(i), 0x01000193);
  return digits(((hash >>> 20) ^ hash) & 0xfff);
}

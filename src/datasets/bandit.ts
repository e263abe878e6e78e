/**
 * The 2D bandit of Wang et al., 2023, §4: one step, no state (s = (0, 0)), actions in [-1, 1]² from a mixture of
 * Gaussians, each point with a reward ~ N(its mode's mean, REWARD_SIGMA²).
 */

/** Number of points that the modes share in equal parts. */
export const BANDIT_POINTS = 10_000;
/** Standard deviation of a reward around its mode's mean. */
export const REWARD_SIGMA = 0.5;
export const MIN_MODES = 1;
export const MAX_MODES = 12;
export const MAX_PAINTED = 2000;

export interface Mode {
  x: number;
  y: number;
  sigma: number;
  /** Mean reward of the mode's points. */
  reward: number;
}

/** A point painted by hand: it enters the data `PAINTED_COPIES` times as it is. */
export interface PaintedPoint {
  x: number;
  y: number;
  reward: number;
}

export type Placement = 'corners' | 'diamond' | 'custom';

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

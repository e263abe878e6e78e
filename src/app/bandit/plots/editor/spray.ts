/** The brush: points spread evenly within a radius, by a low-discrepancy sequence, so that a stroke can be replayed. */
import { MODE_BOUNDS, snapPainted, type PaintedPoint } from '../../../../datasets/bandit.ts';

/** Roberts' R2 sequence: powers of the inverse plastic number. */
const PLASTIC = 1.324717957244746;
const ALPHA = 1 / PLASTIC;
const BETA = 1 / (PLASTIC * PLASTIC);

export const POINTS_A_CLICK = 8;
/** Points for a way of one radius. */
const POINTS_A_RADIUS = 8;

/** Offset within a disc of radius 1: the k-th of an endless, even sequence. */
export function discPoint(k: number): [x: number, y: number] {
  const radius = Math.sqrt((0.5 + k * ALPHA) % 1);
  const angle = 2 * Math.PI * ((0.5 + k * BETA) % 1);
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

interface Brush {
  reward: number;
  /** In action units. */
  radius: number;
}

/** How many points a way is worth, the first touch (no way yet) apart. */
export function pointsFor(distance: number, radius: number): number {
  return Math.round((distance / radius) * POINTS_A_RADIUS);
}

/** `count` points around the way from one place to another, from the `first`-th of the sequence on; inside [-1, 1]². */
export function spray(
  from: readonly [number, number],
  to: readonly [number, number],
  brush: Brush,
  first: number,
  count: number,
): PaintedPoint[] {
  const { x: xs, y: ys } = MODE_BOUNDS;
  return Array.from({ length: count }, (_, i) => {
    const [dx, dy] = discPoint(first + i);
    const t = (i + 1) / count;
    const x = from[0] + (to[0] - from[0]) * t + dx * brush.radius;
    const y = from[1] + (to[1] - from[1]) * t + dy * brush.radius;
    return snapPainted({
      x: Math.min(Math.max(x, xs.min), xs.max),
      y: Math.min(Math.max(y, ys.min), ys.max),
      reward: brush.reward,
    });
  });
}

/** Lines and bands of a chart as SVG paths. */

/** From values to CSS pixels. */
export interface Scales {
  toX: (x: number) => number;
  toY: (y: number) => number;
}

interface Point {
  x: number;
  y: number;
}

/** A line through the points; a single one is a dot, of a stroke with round ends. */
export function linePath(points: readonly Point[], { toX, toY }: Scales): string {
  if (points.length === 0) return '';
  const path = `M${points.map(({ x, y }) => `${toX(x).toFixed(1)},${toY(y).toFixed(1)}`).join('L')}`;
  return points.length === 1 ? `${path}h0` : path;
}

/** A closed path: along the upper edge, and back along the lower; nothing where it would have no width. */
export function areaPath(points: readonly { x: number; low: number; high: number }[], scales: Scales): string {
  if (points.length < 2) return '';
  const upper = points.map(({ x, high }) => ({ x, y: high }));
  const lower = points.map(({ x, low }) => ({ x, y: low })).reverse();
  return `${linePath([...upper, ...lower], scales)}Z`;
}

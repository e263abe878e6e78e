/** Series of many methods on one row of x values, as a chart's tooltip needs them. */
import type { CurveSeries } from '../types.ts';

/** One x of the chart; `values[i]` belongs to series i and is null where that series has no say. */
export interface CurveRow {
  x: number;
  values: (number | null)[];
}

/** Value at x, linear between points; null outside the series' range. */
export function valueAt({ x: xs, y: ys }: CurveSeries, x: number): number | null {
  const count = xs.length;
  if (count === 0 || !(x >= xs[0]! && x <= xs[count - 1]!)) return null;
  let low = 0;
  let high = count - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle]! <= x) low = middle;
    else high = middle;
  }
  if (xs[high] === x || high === low) return ys[high]!;
  const weight = (x - xs[low]!) / (xs[high]! - xs[low]!);
  return ys[low]! + (ys[high]! - ys[low]!) * weight;
}

/**
 * All x values that occur, if they are at most `limit`; an even grid of `limit` otherwise. Each series' last point is
 * on the grid in any case, so that no line ends early.
 */
export function curveRows(series: readonly CurveSeries[], limit: number, positive = false): CurveRow[] {
  let xs = new Set<number>();
  for (const { x } of series) for (let i = 0; i < x.length; i++) xs.add(x[i]!);
  if (xs.size > limit) {
    let low = Infinity;
    let high = -Infinity;
    for (const x of xs) {
      low = Math.min(low, x);
      high = Math.max(high, x);
    }
    xs = new Set(Array.from({ length: limit }, (_, i) => low + ((high - low) * i) / (limit - 1)));
    for (const { x } of series) if (x.length > 0) xs.add(x[x.length - 1]!);
  }
  return [...xs]
    .sort((a, b) => a - b)
    .map((x) => ({
      x,
      values: series.map((one) => {
        const value = valueAt(one, x);
        return value === null || !Number.isFinite(value) || (positive && value <= 0) ? null : value;
      }),
    }));
}

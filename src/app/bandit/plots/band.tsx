/** The mean of several seeds on a chart, over the band of its interval. */
import { methodStyle } from './method-style.ts';
import { areaPath, type Scales } from '../../shared/plots/paths.ts';
import type { CurveRow } from './series/resample.ts';
import type { CurveBand, CurveSeries } from './types.ts';
import type { MethodId } from '../../../bandit/methods.ts';

/** A band's columns in the rows of a chart. */
const PARTS = ['mean', 'low', 'high'] as const;

interface BandValues {
  mean: number;
  low: number | null;
  high: number;
}

/** A band as lines, for the rows of a chart. */
export function bandSeries(band: CurveBand, method: MethodId): CurveSeries[] {
  return PARTS.map((part) => ({ method, x: band.x, y: band[part] }));
}

/** A row's band, whose columns begin at `at`; null where it has none. Of a logarithmic chart the low end may be missing. */
export function bandValues({ values }: CurveRow, at: number): BandValues | null {
  const [mean, low, high] = PARTS.map((_, i) => values[at + i] ?? null) as [
    number | null,
    number | null,
    number | null,
  ];
  return mean === null || high === null ? null : { mean, low, high };
}

/** The band as a closed SVG path. @param floor where the axis ends */
export function bandPath(
  rows: readonly CurveRow[],
  at: number,
  { floor, ...scales }: Scales & { floor: number },
): string {
  const points = rows.flatMap((row) => {
    const band = bandValues(row, at);
    return band ? [{ x: row.x, low: Math.max(band.low ?? floor, floor), high: band.high }] : [];
  });
  return areaPath(points, scales);
}

/** Legend of a chart with a band. */
export function BandLegend({ method, name, own }: { method: MethodId; name: string; own: string }) {
  const { color, dash, width } = methodStyle(method);
  return (
    <ul className="plot-legend">
      <li>
        <svg className="plot-stroke" width="28" height="14" viewBox="0 0 28 14" aria-hidden="true">
          <rect width="28" height="14" fill={color} className="plot-band" />
          <line x1="0" x2="28" y1="7" y2="7" stroke={color} strokeWidth={width} strokeDasharray={dash || undefined} />
        </svg>
        {name}
      </li>
      <li>
        <svg className="plot-stroke" width="28" height="14" viewBox="0 0 28 14" aria-hidden="true">
          <line x1="0" x2="28" y1="7" y2="7" stroke="var(--text-muted)" strokeWidth="1.25" />
        </svg>
        {own}
      </li>
    </ul>
  );
}

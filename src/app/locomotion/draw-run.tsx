/** Draws the curves of runs: intervals as bands, lines, marks and dots. */
import type { Plot } from '../shared/plots/axes-chart.tsx';
import { TICK } from '../shared/plots/axis-style.ts';
import { areaPath, linePath } from '../shared/plots/paths.ts';
import { shownPoints, type ChartChange, type ChartMark, type ChartSeries } from './chart-rows.ts';

/** CSS pixels between a line and its label. */
const GAP = 5;

interface RunDrawing {
  series: readonly ChartSeries[];
  level: { y: number; label: string } | undefined;
  marks: readonly ChartMark[];
  changes: readonly ChartChange[];
  dots: boolean;
}

/** Draws bands, then lines, rings and dots. */
export function drawRun({ series, level, marks, changes, dots }: RunDrawing, plot: Plot) {
  const { toX, toY, area, pointed } = plot;
  const right = area.x + area.width;
  const lines = series.map((one) => ({ ...one, points: shownPoints(one.points) }));
  return (
    <>
      {lines.map(({ name, color, points }) => (
        <path
          key={`band ${name}`}
          d={areaPath(
            points.flatMap(({ x, band }) => (band ? [{ x, low: band[0], high: band[1] }] : [])),
            plot,
          )}
          fill={color}
          fillOpacity={0.16}
        />
      ))}
      {/* The interval of a single point is a vertical line. */}
      {lines.map(({ name, color, points: [point, second] }) =>
        point?.band && !second ? (
          <line
            key={`interval ${name}`}
            x1={toX(point.x)}
            x2={toX(point.x)}
            y1={toY(point.band[0])}
            y2={toY(point.band[1])}
            stroke={color}
            strokeWidth={2}
            strokeOpacity={0.4}
          />
        ) : null,
      )}
      {level && (
        <>
          <line x1={area.x} x2={right} y1={toY(level.y)} y2={toY(level.y)} stroke="var(--data)" strokeDasharray="5 4" />
          <text {...TICK} x={right - GAP} y={toY(level.y) - GAP} textAnchor="end">
            {level.label}
          </text>
        </>
      )}
      {changes.map(({ x, text }) => (
        <g key={`change ${x} ${text}`}>
          <line
            x1={toX(x)}
            x2={toX(x)}
            y1={area.y}
            y2={area.y + area.height}
            stroke="var(--text-muted)"
            strokeDasharray="2 3"
          />
          <text {...TICK} x={toX(x) + GAP} y={area.y + GAP} dominantBaseline="hanging">
            {text}
          </text>
        </g>
      ))}
      {lines.map(({ name, color, dash, faint, points }) => (
        <path
          key={name}
          className="plot-line"
          d={linePath(points, plot)}
          fill="none"
          strokeLinecap="round"
          strokeLinejoin="round"
          stroke={color}
          strokeWidth={faint ? 1 : 2}
          strokeOpacity={faint ? 0.45 : 1}
          strokeDasharray={dash}
        />
      ))}
      {marks.map(({ x, y }) => (
        <circle
          key={`mark ${x}`}
          cx={toX(x)}
          cy={toY(y)}
          r={6}
          fill="var(--surface)"
          stroke="var(--text)"
          strokeWidth={2}
        />
      ))}
      {lines.map(({ name, color, faint, points }) =>
        points
          .filter(({ x }) => (dots && !faint) || x === pointed)
          .map(({ x, y }) => (
            <circle key={`${name} ${x}`} cx={toX(x)} cy={toY(y)} r={x === pointed ? 3.5 : 3} fill={color} />
          )),
      )}
    </>
  );
}

/** Lines with their intervals against gradient steps: scores and losses of one run, or of several. */
import { useCallback, useMemo, type CSSProperties, type ReactNode } from 'react';
import type { TooltipContentProps } from 'recharts';
import {
  AxesChart,
  PIXELS_A_TICK,
  TICKS_ACROSS,
  useSame,
  type Axis,
  type ChartStyle,
  type Plot,
  type ValueAxis,
} from '../shared/plots/axes-chart.tsx';
import { TICK } from '../shared/plots/axis-style.ts';
import { areaPath, linePath } from '../shared/plots/paths.ts';
import { finiteRange, formatNumber, niceTicks, roundTicks, tickFormat } from '../shared/plots/scales.ts';
import { useView } from '../shared/view-store.ts';
import { chartRows, shownPoints, thinned, type ChartRow, type ChartSeries } from './chart-rows.ts';

/** A ring around a point. */
export interface ChartMark {
  x: number;
  y: number;
  /** What it marks. */
  name: string;
}

/** A change from a step on, in words; without them where there is no room. */
export interface ChartChange {
  x: number;
  words: string;
}

interface RunChartProps {
  /** What is drawn, for those who do not see it. */
  label: string;
  series: readonly ChartSeries[];
  height: number;
  /** Where the axis of steps ends at least. */
  steps: number;
  /** A line across, with its name. */
  level?: { y: number; label: string } | undefined;
  marks?: readonly ChartMark[];
  /** Lines upright, where something was changed. */
  changes?: readonly ChartChange[];
  /** Dots at the points, where they are few. */
  dots?: boolean;
  /** What stands where there is nothing yet. */
  empty: string;
}

const STYLE: ChartStyle = { margin: { top: 10, right: 26, bottom: 4, left: 0 }, axisWidth: 52 };
/** Rows of a table in a chart's place. */
const TABLE_ROWS = 12;
/** CSS pixels between a line and the words at it. */
const GAP = 5;

export function RunChart(props: RunChartProps) {
  const tables = useView('tables');
  const { series, label, empty, height, marks, changes } = props;
  const rows = useMemo(() => chartRows(series), [series]);
  if (rows.length === 0) {
    return (
      <p className="chart-empty" style={{ '--chart-height': `${height}px` } as CSSProperties}>
        {empty}
      </p>
    );
  }
  if (tables) return <ChartTable label={label} series={series} rows={rows} marks={marks} changes={changes} />;
  return <Chart {...props} rows={rows} />;
}

const NO_MARKS: readonly ChartMark[] = [];
const NO_CHANGES: readonly ChartChange[] = [];

function Chart({
  label,
  series,
  rows,
  height,
  steps,
  level,
  marks = NO_MARKS,
  changes = NO_CHANGES,
  dots = false,
}: RunChartProps & { rows: readonly ChartRow[] }) {
  const values = rows.flatMap(
    (row) => series.flatMap((_, i) => [row[`y${i}`] ?? NaN, ...(row[`band${i}`] ?? [])]) as number[],
  );
  const [least, most] = finiteRange(level ? [...values, level.y] : values) ?? [0, 1];
  const ticks = useSame(roundTicks(least, most, Math.max(3, Math.round(height / PIXELS_A_TICK))));
  const upward = useMemo(
    (): ValueAxis => ({
      scale: 'linear',
      domain: [ticks[0]!, ticks.at(-1)!],
      ticks,
      tickFormatter: tickFormat(ticks, false),
    }),
    [ticks],
  );
  const last = Math.max(1, steps, rows.at(-1)!.x);
  const across = useMemo((): Axis => ({ domain: [0, last], ticks: niceTicks(0, last, TICKS_ACROSS) }), [last]);
  const writeTip = useCallback((tip: TooltipContentProps) => <Tip {...tip} series={series} />, [series]);
  const draw = useCallback(
    (plot: Plot) => drawRun({ series, level, marks, changes, dots }, plot),
    [series, level, marks, changes, dots],
  );
  return (
    <div className="plot-curves" role="img" aria-label={label}>
      <AxesChart
        {...STYLE}
        height={height}
        xLabel="gradient steps"
        across={across}
        upward={upward}
        rows={rows}
        tip={writeTip}
        draw={draw}
      />
    </div>
  );
}

interface Drawn {
  series: readonly ChartSeries[];
  level: RunChartProps['level'];
  marks: readonly ChartMark[];
  changes: readonly ChartChange[];
  dots: boolean;
}

/** Bands, lines on them, rings on these, and dots over all. */
function drawRun({ series, level, marks, changes, dots }: Drawn, plot: Plot) {
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
      {/* A single point has no band around it: its interval is a line through it. */}
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
      {changes.map(({ x, words }) => (
        <g key={`change ${x} ${words}`}>
          <line
            x1={toX(x)}
            x2={toX(x)}
            y1={area.y}
            y2={area.y + area.height}
            stroke="var(--text-muted)"
            strokeDasharray="2 3"
          />
          <text {...TICK} x={toX(x) + GAP} y={area.y + GAP} dominantBaseline="hanging">
            {words}
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

function Tip({
  active,
  payload,
  series,
}: Pick<TooltipContentProps, 'active' | 'payload'> & { series: readonly ChartSeries[] }) {
  const row = payload?.[0]?.payload as ChartRow | undefined;
  if (!active || !row) return null;
  return (
    <div className="plot-tip">
      <p className="plot-tip-x">step {formatNumber(row.x, 9)}</p>
      <ul>
        {series.map(({ name }, i) => {
          const band = row[`band${i}`];
          const value = row[`y${i}`];
          if (value === undefined) return null;
          return (
            <li key={name}>
              <span className="plot-tip-name">{name}</span>
              <span className="plot-tip-value">
                {formatNumber(value)}
                {band && ` (${formatNumber(band[0])} to ${formatNumber(band[1])})`}
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

interface ChartTableProps {
  label: string;
  series: readonly ChartSeries[];
  rows: readonly ChartRow[];
  marks?: readonly ChartMark[] | undefined;
  changes?: readonly ChartChange[] | undefined;
}

function ChartTable({ label, series, rows, marks = NO_MARKS, changes = NO_CHANGES }: ChartTableProps) {
  const shown = new Set(thinned(rows, TABLE_ROWS));
  const markOf = ({ x }: ChartRow) => marks.find((mark) => mark.x === x);
  return (
    <div className="table-scroll">
      <table className="run-table">
        <caption className="visually-hidden">{label}</caption>
        <thead>
          <tr>
            <th scope="col">Step</th>
            {series.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows
            .filter((row) => shown.has(row) || markOf(row))
            .map((row) => (
              <tr key={row.x}>
                <th scope="row">
                  {formatNumber(row.x, 9)}
                  <CellDetail>{markOf(row)?.name}</CellDetail>
                </th>
                {series.map(({ name }, i) => {
                  const value = row[`y${i}`];
                  const band = row[`band${i}`];
                  return (
                    <td key={name}>
                      {value === undefined ? '–' : formatNumber(value)}
                      <CellDetail>{band && `${formatNumber(band[0])} to ${formatNumber(band[1])}`}</CellDetail>
                    </td>
                  );
                })}
              </tr>
            ))}
        </tbody>
      </table>
      {changes
        .filter(({ words }) => words !== '')
        .map(({ x, words }) => (
          <p key={`${x} ${words}`} className="hint">
            From step {formatNumber(x, 9)} on: {words}.
          </p>
        ))}
    </div>
  );
}

/** What is to be known of a number, below it. */
export function CellDetail({ children }: { children: ReactNode }) {
  return children !== undefined && children !== false && <span className="muted cell-detail">{children}</span>;
}

/** Which line is which. @param ring what a ring around a point means. */
export function ChartLegend({ series, ring }: { series: readonly ChartSeries[]; ring?: string | undefined }) {
  // A table has its names in its head.
  if (useView('tables')) return null;
  return (
    <ul className="plot-legend">
      {series
        .filter(({ faint }) => !faint)
        .map(({ name, color, dash }) => (
          <li key={name}>
            <svg className="plot-stroke" width="28" height="10" viewBox="0 0 28 10" aria-hidden="true">
              <line x1="1" x2="27" y1="5" y2="5" stroke={color} strokeWidth="2" strokeDasharray={dash} />
            </svg>
            {name}
          </li>
        ))}
      {ring !== undefined && (
        <li>
          <svg className="plot-stroke" width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
            <circle cx="7" cy="7" r="5.5" fill="none" stroke="var(--text)" strokeWidth="2" />
          </svg>
          {ring}
        </li>
      )}
    </ul>
  );
}

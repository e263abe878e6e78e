/** A chart of scores or losses of runs against gradient steps, with intervals. */
import { useCallback, useMemo, type CSSProperties } from 'react';
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
import { finiteRange, formatNumber, niceTicks, roundTicks, tickFormat } from '../shared/plots/scales.ts';
import { useView } from '../shared/view-store.ts';
import { chartRows, type ChartChange, type ChartMark, type ChartRow, type ChartSeries } from './chart-rows.ts';
import { ChartTable } from './ChartTable.tsx';
import { drawRun } from './draw-run.tsx';

interface RunChartProps {
  /** Accessible name of the chart. */
  label: string;
  series: readonly ChartSeries[];
  height: number;
  /** Minimum end of the step axis. */
  steps: number;
  /** A horizontal reference line. */
  level?: { y: number; label: string } | undefined;
  marks?: readonly ChartMark[];
  /** Vertical lines at changes of settings. */
  changes?: readonly ChartChange[];
  /** Whether points are drawn as dots. */
  dots?: boolean;
  /** Text shown without data. */
  empty: string;
}

const STYLE: ChartStyle = { margin: { top: 10, right: 26, bottom: 4, left: 0 }, axisWidth: 52 };
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
  const [low, high] = finiteRange(level ? [...values, level.y] : values) ?? [0, 1];
  const ticks = useSame(roundTicks(low, high, Math.max(3, Math.round(height / PIXELS_A_TICK))));
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

/** Legend of a run chart. @param ring the meaning of a ring around a point. */
export function ChartLegend({ series, ring }: { series: readonly ChartSeries[]; ring?: string | undefined }) {
  // A table names its series in its header.
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

/** Lines with their intervals against gradient steps: scores and losses of one run, or of several. */
import { useMemo, type CSSProperties } from 'react';
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceDot,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
  type TooltipContentProps,
} from 'recharts';
import { TICK, X_AXIS, Y_AXIS } from '../plots/axis-style.ts';
import { finiteRange, formatNumber, niceTicks, roundTicks, tickFormat } from '../plots/scales.ts';
import { useView } from '../stores/view-store.ts';
import { chartRows, thinned, type ChartRow, type ChartSeries } from './chart-rows.ts';

/** A ring around a point. */
export interface ChartMark {
  x: number;
  y: number;
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
  level?: { y: number; label: string };
  marks?: readonly ChartMark[];
  /** Lines upright, where something was changed. */
  changes?: readonly ChartChange[];
  /** Dots at the points, where they are few. */
  dots?: boolean;
  /** What stands where there is nothing yet. */
  empty: string;
}

const MARGIN = { top: 10, right: 26, bottom: 4, left: 0 };
const X_TITLE = { value: 'gradient steps', position: 'insideBottom', offset: 2, ...TICK } as const;
/** Rows of a table in a chart's place. */
const TABLE_ROWS = 12;
const PIXELS_A_TICK = 45;

export function RunChart(props: RunChartProps) {
  const tables = useView('tables');
  const { series, label, empty, height } = props;
  const rows = useMemo(() => chartRows(series), [series]);
  if (rows.length === 0) {
    return (
      <p className="chart-empty" style={{ '--chart-height': `${height}px` } as CSSProperties}>
        {empty}
      </p>
    );
  }
  if (tables) return <ChartTable label={label} series={series} rows={rows} />;
  return <Chart {...props} rows={rows} />;
}

function Chart({
  label,
  series,
  rows,
  height,
  steps,
  level,
  marks = [],
  changes = [],
  dots = false,
}: RunChartProps & { rows: readonly ChartRow[] }) {
  const values = rows.flatMap(
    (row) => series.flatMap((_, i) => [row[`y${i}`] ?? NaN, ...(row[`band${i}`] ?? [])]) as number[],
  );
  const [least, most] = finiteRange(level ? [...values, level.y] : values) ?? [0, 1];
  const ticks = roundTicks(least, most, Math.max(3, Math.round(height / PIXELS_A_TICK)));
  const last = Math.max(1, steps, rows.at(-1)!.x);
  return (
    <div className="run-chart plot-curves" style={{ height }} role="img" aria-label={label}>
      <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 320, height }}>
        <ComposedChart data={rows as ChartRow[]} margin={MARGIN} accessibilityLayer={false}>
          <CartesianGrid stroke="var(--line)" vertical={false} syncWithTicks />
          <XAxis
            {...X_AXIS}
            dataKey="x"
            domain={[0, last]}
            ticks={niceTicks(0, last, 5)}
            tickFormatter={(value: number) => formatNumber(value, 9)}
            minTickGap={24}
            label={X_TITLE}
          />
          <YAxis
            {...Y_AXIS}
            domain={[ticks[0]!, ticks.at(-1)!]}
            ticks={ticks}
            tickFormatter={tickFormat(ticks, false)}
            width={52}
          />
          <Tooltip isAnimationActive={false} content={(tip) => <Tip {...tip} series={series} />} />
          {level && (
            <ReferenceLine
              y={level.y}
              stroke="var(--data)"
              strokeDasharray="5 4"
              label={{ value: level.label, position: 'insideBottomRight', ...TICK }}
            />
          )}
          {changes.map(({ x, words }) => (
            <ReferenceLine
              key={`change ${x} ${words}`}
              x={x}
              stroke="var(--text-muted)"
              strokeDasharray="2 3"
              {...(words && { label: { value: words, position: 'insideTopLeft', ...TICK } })}
            />
          ))}
          {series.map(({ name, color }, i) => (
            <Area
              key={`band ${name}`}
              dataKey={`band${i}`}
              stroke="none"
              fill={color}
              fillOpacity={0.16}
              connectNulls
              isAnimationActive={false}
              activeDot={false}
            />
          ))}
          {series.map(({ name, color, dash, faint }, i) => (
            <Line
              key={name}
              dataKey={`y${i}`}
              stroke={color}
              strokeWidth={faint ? 1 : 2}
              strokeOpacity={faint ? 0.45 : 1}
              {...(dash === undefined ? {} : { strokeDasharray: dash })}
              dot={dots && !faint ? { r: 3, fill: color, strokeWidth: 0 } : rows.length === 1}
              activeDot={{ r: 3.5 }}
              connectNulls
              isAnimationActive={false}
            />
          ))}
          {marks.map(({ x, y }) => (
            <ReferenceDot
              key={`mark ${x}`}
              x={x}
              y={y}
              r={6}
              fill="var(--surface)"
              stroke="var(--text)"
              strokeWidth={2}
            />
          ))}
        </ComposedChart>
      </ResponsiveContainer>
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

function ChartTable({
  label,
  series,
  rows,
}: {
  label: string;
  series: readonly ChartSeries[];
  rows: readonly ChartRow[];
}) {
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
          {thinned(rows, TABLE_ROWS).map((row) => (
            <tr key={row.x}>
              <th scope="row">{formatNumber(row.x, 9)}</th>
              {series.map(({ name }, i) => {
                const value = row[`y${i}`];
                return <td key={name}>{value === undefined ? '–' : formatNumber(value)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Which line is which. @param ring what a ring around a point means. */
export function ChartLegend({ series, ring }: { series: readonly ChartSeries[]; ring?: string }) {
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

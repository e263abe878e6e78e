/** A quantity of every method against steps or seconds. */
import { useCallback, useMemo } from 'react';
import type { TooltipContentProps } from 'recharts';
import { METHODS, type MethodId } from '../../../bandit/methods.ts';
import {
  AxesChart,
  PIXELS_A_TICK,
  TICKS_ACROSS,
  useSame,
  type Axis,
  type ChartStyle,
  type Plot,
  type ValueAxis,
} from '../../shared/plots/axes-chart.tsx';
import { bandPath, bandSeries, bandValues } from './band.tsx';
import { methodStyle } from './method-style.ts';
import { linePath } from '../../shared/plots/paths.ts';
import { curveRows, type CurveRow } from './series/resample.ts';
import {
  axisEnd,
  finiteRange,
  formatNumber,
  logEnds,
  logTicks,
  niceTicks,
  roundTicks,
  tickFormat,
} from '../../shared/plots/scales.ts';
import type { CurvesProps } from './types.ts';

/** More points than this are not visible at the width of a page. */
const POINTS_DRAWN = 160;

interface TipProps {
  active?: boolean | undefined;
  payload?: readonly { payload?: CurveRow }[] | undefined;
  methods: readonly MethodId[];
  band: string | null;
  unit: string;
  format: (value: number) => string;
}

/** Values under the pointer, highest first. */
function Tip({ active, payload, methods, band, unit, format }: TipProps) {
  const row = payload?.[0]?.payload;
  if (!active || !row) return null;
  const entries = methods
    .map((method, i) => ({ method, value: row.values[i] ?? null }))
    .filter((entry): entry is { method: MethodId; value: number } => entry.value !== null)
    .sort((a, b) => b.value - a.value);
  const mean = band === null ? null : bandValues(row, methods.length);
  return (
    <div className="plot-tip">
      <p className="plot-tip-x">{unit === 'seconds' ? `${formatNumber(row.x)} s` : `step ${formatNumber(row.x, 7)}`}</p>
      <ul>
        {mean && (
          <li>
            <span className="plot-tip-name">{band}</span>
            <span className="plot-tip-value">
              {format(mean.mean)} ({mean.low === null ? '≤ 0' : format(mean.low)} to {format(mean.high)})
            </span>
          </li>
        )}
        {entries.map(({ method, value }) => (
          <li key={method}>
            {band === null && <Stroke method={method} />}
            <span className="plot-tip-name">{band === null ? METHODS[method].name : 'This run'}</span>
            <span className="plot-tip-value">{format(value)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A short piece of a method's line. */
function Stroke({ method }: { method: MethodId }) {
  const { color, dash, width } = methodStyle(method);
  return (
    <svg className="plot-stroke" width="28" height="10" viewBox="0 0 28 10" aria-hidden="true">
      <line x1="1" x2="27" y1="5" y2="5" stroke={color} strokeWidth={width} strokeDasharray={dash || undefined} />
    </svg>
  );
}

/** Ends and ticks of the value axis: round numbers around the data; tenths of a power of ten on a logarithmic axis. */
function valueAxis(
  low: number,
  high: number,
  { log, fixed, target }: { log: boolean; fixed: boolean; target: number },
): { ends: [number, number]; ticks: number[] } {
  if (log) {
    const ends = logEnds(low / 1.15, high * 1.15);
    return { ends, ticks: logTicks(...ends, target) };
  }
  if (fixed) return { ends: [low, high], ticks: niceTicks(low, high, target) };
  const ticks = roundTicks(low, high, target);
  return { ends: [ticks[0]!, ticks.at(-1)!], ticks };
}

const STYLE: ChartStyle = { margin: { top: 8, right: 16, bottom: 4, left: 4 }, axisWidth: 64 };
const X_LABELS = { steps: 'gradient steps', seconds: 'seconds of training' } as const;
/** Range of the value axis without data. */
const UNIT: readonly [number, number] = [0, 1];
const LOG_UNIT: readonly [number, number] = [0.1, 1];

/** Of series i, where it has values. */
function pointsOf(rows: readonly CurveRow[], i: number): { x: number; y: number }[] {
  return rows.flatMap(({ x, values }) => {
    const y = values[i] ?? null;
    return y === null ? [] : [{ x, y }];
  });
}

interface Drawn {
  rows: readonly CurveRow[];
  methods: readonly MethodId[];
  /** Whether the rows have a band behind their lines. */
  hasBand: boolean;
  /** The lower end of the value axis. */
  floor: number;
  mark: number | undefined;
}

const LINE = { fill: 'none', strokeLinecap: 'round', strokeLinejoin: 'round' } as const;

/** The lines, with a dot on each where the pointer is. */
function drawLines({ rows, methods, hasBand, floor, mark }: Drawn, plot: Plot) {
  const { toX, toY, area } = plot;
  const pointed = plot.pointed === null ? undefined : rows.find(({ x }) => x === plot.pointed);
  return (
    <>
      {mark !== undefined && (
        <line
          className="plot-mark"
          x1={toX(mark)}
          x2={toX(mark)}
          y1={area.y}
          y2={area.y + area.height}
          stroke="var(--text)"
          strokeDasharray="3 3"
        />
      )}
      {methods.map((method, i) => {
        const { color, dash, width } = methodStyle(method);
        const value = pointed?.values[i] ?? null;
        const strong = { stroke: color, strokeWidth: width, strokeDasharray: dash || undefined };
        return (
          <g key={method} data-method={method}>
            {hasBand && (
              <path className="plot-band" d={bandPath(rows, methods.length, { toX, toY, floor })} fill={color} />
            )}
            <path
              className="plot-line"
              d={linePath(pointsOf(rows, i), plot)}
              {...LINE}
              {...(hasBand ? { stroke: 'var(--text-muted)', strokeWidth: 1.25 } : strong)}
            />
            {hasBand && (
              <path className="plot-mean" d={linePath(pointsOf(rows, methods.length), plot)} {...LINE} {...strong} />
            )}
            {pointed && value !== null && (
              <circle cx={toX(pointed.x)} cy={toY(value)} r={3.5} fill={color} stroke="var(--surface)" />
            )}
          </g>
        );
      })}
    </>
  );
}

/** A quantity of every method against steps or seconds. */
export function Curves({
  series,
  band,
  x,
  quantity,
  yLabel,
  log = false,
  height,
  format = formatNumber,
  formatTick,
  mark,
  domain,
  className = '',
}: CurvesProps) {
  const [one] = series;
  const rows = useMemo(() => {
    const lines = band && one ? [...series, ...bandSeries(band, one.method)] : series;
    return curveRows(lines, POINTS_DRAWN, log);
  }, [series, one, band, log]);
  const names = series.map(({ method }) => method).join();
  const methods = useMemo(() => names.split(',').filter((name) => name !== '') as MethodId[], [names]);
  const empty = rows.length === 0;
  // A mark before the start of the lines is drawn as well.
  const from = Math.min(rows[0]?.x ?? 0, mark ?? Infinity);
  const to = axisEnd(rows.at(-1)?.x ?? 1);
  const target = Math.round(height / PIXELS_A_TICK);
  const fixed = domain !== undefined;
  const [low, high] =
    domain ??
    finiteRange(rows.flatMap((row) => row.values.filter((value) => value !== null))) ??
    (log ? LOG_UNIT : UNIT);
  const { ends, ticks } = useSame(valueAxis(low, high, { log, fixed, target }));
  const upward = useMemo(
    (): ValueAxis => ({
      scale: log ? 'log' : 'linear',
      domain: ends,
      ticks,
      tickFormatter: formatTick ?? tickFormat(ticks, log),
    }),
    [ends, ticks, log, formatTick],
  );
  const across = useMemo(
    (): Axis => ({ domain: [from, Math.max(to, from + 1e-9)], ticks: niceTicks(from, to, TICKS_ACROSS) }),
    [from, to],
  );
  const bandName = band?.name ?? null;
  const writeTip = useCallback(
    (tip: TooltipContentProps) => (
      <Tip
        active={tip.active}
        payload={tip.payload as readonly { payload?: CurveRow }[]}
        methods={methods}
        band={bandName}
        unit={x}
        format={format}
      />
    ),
    [methods, bandName, x, format],
  );
  const hasBand = band !== undefined;
  const [floor] = ends;
  const draw = useCallback(
    (plot: Plot) => drawLines({ rows, methods, hasBand, floor, mark }, plot),
    [rows, methods, hasBand, floor, mark],
  );
  const label = `${quantity} against ${X_LABELS[x]}`;
  return (
    <figure className={`plot-curves ${className}`.trim()} role="group" aria-label={label}>
      <div className="plot-curves-chart">
        <AxesChart
          {...STYLE}
          height={height}
          xLabel={X_LABELS[x]}
          yLabel={yLabel}
          across={across}
          upward={upward}
          rows={rows}
          tip={writeTip}
          draw={draw}
        />
        {empty && <p className="plot-curves-empty">Nothing to draw yet: the lines start with the first step.</p>}
      </div>
      <figcaption>
        <ul className="plot-legend">
          {methods.map((method) => (
            <li key={method}>
              <Stroke method={method} />
              {METHODS[method].name}
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}

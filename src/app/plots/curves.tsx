import { createContext, startTransition, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import {
  CartesianGrid,
  DefaultZIndexes,
  Line,
  LineChart,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  type TooltipContentProps,
  useActiveTooltipLabel,
  useXAxisScale,
  useYAxisScale,
  XAxis,
  YAxis,
  ZIndexLayer,
  type ScaleFunction,
} from 'recharts';
import { METHODS, type MethodId } from '../../algorithms/catalogue.ts';
import { bandPath, bandSeries, bandValues } from './band.tsx';
import { methodStyle } from './method-style.ts';
import { curveRows, type CurveRow } from './resample.ts';
import { axisEnd, finiteRange, formatNumber, logEnds, logTicks, niceTicks, roundTicks, tickFormat } from './scales.ts';
import type { CurvesProps } from './types.ts';
import { TICK, X_AXIS, Y_AXIS } from './axis-style.ts';

/** More points than this are not seen at the width of a page. */
const POINTS_DRAWN = 160;
/** Few enough that labels of a million stay apart on the narrowest chart: recharts would measure each of them each time. */
const TICKS_ACROSS = 3;
/** Of the whole chart's height, for each tick of the value axis: labels stay apart. */
const PIXELS_A_TICK = 45;

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

// recharts takes every new property of an axis or a line for a change of the chart, and computes and draws it once more
// for each: what stays the same from one picture to the next is made once.

const MARGIN = { top: 8, right: 16, bottom: 4, left: 4 };
const LABELS = {
  steps: { value: 'gradient steps', position: 'insideBottom', offset: 2, ...TICK },
  seconds: { value: 'seconds of training', position: 'insideBottom', offset: 2, ...TICK },
} as const;
/** What the value axis spans while there is nothing to draw. */
const UNIT: readonly [number, number] = [0, 1];
const LOG_UNIT: readonly [number, number] = [0.1, 1];
const CURSOR = { stroke: 'var(--line-strong)' };
const writeX = (value: number) => formatNumber(value, 7);

/** The line of series i through all its points, as an SVG path. */
function linePath(rows: readonly CurveRow[], i: number, toX: ScaleFunction, toY: ScaleFunction): string {
  let path = '';
  let points = 0;
  for (const { x, values } of rows) {
    const value = values[i] ?? null;
    if (value === null) continue;
    points += 1;
    path += `${path === '' ? 'M' : 'L'}${(toX(x) ?? 0).toFixed(1)},${(toY(value) ?? 0).toFixed(1)}`;
  }
  // Of a single point a round end is to be seen.
  return points === 1 ? `${path}h0` : path;
}

/** What the lines are drawn from. It comes past the chart, which need not know of it while its axes stay. */
interface Drawn {
  rows: readonly CurveRow[];
  methods: readonly MethodId[];
  /** Whether the rows have a band behind their lines. */
  hasBand: boolean;
  /** The lower end of the value axis. */
  floor: number;
}
const Drawn = createContext<Drawn>({ rows: [], methods: [], hasBand: false, floor: 0 });

const LINE = { fill: 'none', strokeLinecap: 'round', strokeLinejoin: 'round' } as const;

/**
 * The lines, on the chart's scales, with a dot on each where the pointer is. A line of recharts' own has a state of its
 * own: ten of them take a page's thread for longer than a frame at every change.
 */
function Lines() {
  const { rows, methods, hasBand, floor } = useContext(Drawn);
  const toX = useXAxisScale();
  const toY = useYAxisScale();
  const pointer = useActiveTooltipLabel();
  if (!toX || !toY) return null;
  const pointed = pointer === undefined ? undefined : rows.find(({ x }) => x === Number(pointer));
  return (
    <ZIndexLayer zIndex={DefaultZIndexes.line}>
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
              d={linePath(rows, i, toX, toY)}
              {...LINE}
              {...(hasBand ? { stroke: 'var(--text-muted)', strokeWidth: 1.25 } : strong)}
            />
            {hasBand && (
              <path className="plot-mean" d={linePath(rows, methods.length, toX, toY)} {...LINE} {...strong} />
            )}
            {pointed && value !== null && (
              <circle cx={toX(pointed.x)} cy={toY(value)} r={3.5} fill={color} stroke="var(--surface)" />
            )}
          </g>
        );
      })}
    </ZIndexLayer>
  );
}

/** The object that there was before, as long as a new one has the same numbers in it. */
function useSame<T>(value: T): T {
  const text = JSON.stringify(value);
  return useMemo(() => JSON.parse(text) as T, [text]);
}

/** The chart's parts, one in each task: together they hold up the page for several frames. */
const PARTS = 3;

/** How many parts of the chart are up. */
function useParts(): number {
  const [parts, setParts] = useState(0);
  useEffect(() => {
    if (parts === PARTS) return undefined;
    const timer = setTimeout(() => startTransition(() => setParts(parts + 1)), 0);
    return () => clearTimeout(timer);
  }, [parts]);
  return parts;
}

const NO_ROWS: readonly CurveRow[] = [];
/** Without a row recharts has no horizontal scale, and a single one it marks with a dot. */
const ANY_ROWS: readonly CurveRow[] = [0, 1].map((x) => ({ x, values: [] }));

/** The values as they are now, reached one in each task: recharts computes and draws its chart anew for every one. */
function useInTurn<Values extends object>(values: Values): Values {
  const [given, setGiven] = useState(values);
  const next = (Object.keys(values) as (keyof Values)[]).find((key) => values[key] !== given[key]);
  useEffect(() => {
    if (next === undefined) return undefined;
    const timer = setTimeout(() => setGiven({ ...given, [next]: values[next] }), 0);
    return () => clearTimeout(timer);
  });
  return given;
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
  const parts = useParts();
  const names = series.map(({ method }) => method).join();
  const methods = useMemo(() => names.split(',').filter((name) => name !== '') as MethodId[], [names]);
  const empty = rows.length === 0;
  // A moment from before the line begins is marked as well.
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
    () => ({
      scale: log ? ('log' as const) : ('linear' as const),
      domain: ends,
      ticks,
      tickFormatter: formatTick ?? tickFormat(ticks, log),
    }),
    [ends, ticks, log, formatTick],
  );
  const across = useMemo(
    () => ({ domain: [from, Math.max(to, from + 1e-9)], ticks: niceTicks(from, to, TICKS_ACROSS) }),
    [from, to],
  );
  const yTitle = useMemo(
    () =>
      ({
        value: yLabel,
        angle: -90,
        position: 'insideLeft',
        offset: 4,
        style: { textAnchor: 'middle' },
        ...TICK,
      }) as const,
    [yLabel],
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
  // To recharts a new row is another chart: rows reach it while somebody points at them.
  const [pointed, setPointed] = useState(false);
  const given = useInTurn({ rows: pointed ? rows : empty ? NO_ROWS : ANY_ROWS, across, upward });
  const hasBand = band !== undefined;
  const [floor] = ends;
  const drawn = useMemo(() => ({ rows, methods, hasBand, floor }), [rows, methods, hasBand, floor]);
  const chart = useMemo(() => {
    const [bottom, top] = given.upward.domain;
    return (
      <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 320, height }}>
        <LineChart data={given.rows} margin={MARGIN} accessibilityLayer={false}>
          {parts >= 1 && (
            <XAxis {...X_AXIS} {...given.across} interval={0} dataKey="x" tickFormatter={writeX} label={LABELS[x]} />
          )}
          {parts >= 2 && (
            <>
              <CartesianGrid stroke="var(--line)" vertical={false} syncWithTicks />
              <YAxis {...Y_AXIS} {...given.upward} allowDataOverflow width={64} label={yTitle} />
            </>
          )}
          {parts >= 3 && (
            <>
              <Tooltip isAnimationActive={false} cursor={CURSOR} content={writeTip} />
              {mark !== undefined && (
                <ReferenceLine x={mark} stroke="var(--text)" strokeDasharray="3 3" zIndex={DefaultZIndexes.line - 1} />
              )}
              {/* Gives every row a place that the pointer finds; nothing of it is seen. */}
              <Line
                dataKey={() => (bottom + top) / 2}
                stroke="none"
                dot={false}
                activeDot={false}
                isAnimationActive={false}
              />
              <Lines />
            </>
          )}
        </LineChart>
      </ResponsiveContainer>
    );
  }, [given, parts, yTitle, writeTip, mark, x, height]);
  const label = `${quantity} against ${x === 'steps' ? 'gradient steps' : 'seconds of training'}`;
  return (
    <figure className={`plot-curves ${className}`.trim()} role="group" aria-label={label}>
      <div
        className="plot-curves-chart"
        style={{ height }}
        onPointerEnter={() => setPointed(true)}
        onPointerLeave={() => setPointed(false)}
      >
        <Drawn value={drawn}>{chart}</Drawn>
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

import { useMemo } from 'react';
import {
  CartesianGrid,
  DefaultZIndexes,
  Line,
  LineChart,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { METHODS, type MethodId } from '../../algorithms/catalogue.ts';
import { methodStyle } from './method-style.ts';
import { curveRows, type CurveRow } from './resample.ts';
import { finiteRange, formatNumber, logTicks, niceTicks, roundTicks, tickFormat } from './scales.ts';
import type { CurvesProps } from './types.ts';

/** More points than this are not seen at the width of a page. */
const POINTS_DRAWN = 160;
/** Of the whole chart's height, for each tick of the value axis: labels stay apart. */
const PIXELS_A_TICK = 45;
const TICK = { fontSize: 12, fill: 'var(--text-muted)' } as const;

interface TipProps {
  active?: boolean | undefined;
  payload?: readonly { payload?: CurveRow }[] | undefined;
  methods: readonly MethodId[];
  unit: string;
  format: (value: number) => string;
}

/** Values under the pointer, highest first. */
function Tip({ active, payload, methods, unit, format }: TipProps) {
  const row = payload?.[0]?.payload;
  if (!active || !row) return null;
  const entries = methods
    .map((method, i) => ({ method, value: row.values[i] ?? null }))
    .filter((entry): entry is { method: MethodId; value: number } => entry.value !== null)
    .sort((a, b) => b.value - a.value);
  return (
    <div className="plot-tip">
      <p className="plot-tip-x">{unit === 'seconds' ? `${formatNumber(row.x)} s` : `step ${formatNumber(row.x, 7)}`}</p>
      <ul>
        {entries.map(({ method, value }) => (
          <li key={method}>
            <Stroke method={method} />
            <span className="plot-tip-name">{METHODS[method].name}</span>
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

/** Ends and ticks of the value axis: round numbers around the data; the data's own ends on a logarithmic axis. */
function valueAxis(
  rows: readonly CurveRow[],
  log: boolean,
  fixed: readonly [number, number] | undefined,
  target: number,
): { ends: [number, number]; ticks: number[] } {
  const values = rows.flatMap((row) => row.values.filter((value) => value !== null));
  const [low, high] = fixed ?? finiteRange(values) ?? (log ? [0.1, 1] : [0, 1]);
  if (log) {
    const ends: [number, number] = [low / 1.15, high * 1.15];
    return { ends, ticks: logTicks(...ends, target) };
  }
  if (fixed) return { ends: [low, high], ticks: niceTicks(low, high, target) };
  const ticks = roundTicks(low, high, target);
  return { ends: [ticks[0]!, ticks.at(-1)!], ticks };
}

/** A quantity of every method against steps or seconds. */
export function Curves({
  series,
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
  const rows = useMemo(() => curveRows(series, POINTS_DRAWN, log), [series, log]);
  const methods = series.map((one) => one.method);
  const empty = rows.length === 0;
  const [from, to] = [rows[0]?.x ?? 0, rows.at(-1)?.x ?? 1];
  const target = Math.round(height / PIXELS_A_TICK);
  const { ends, ticks } = useMemo(() => valueAxis(rows, log, domain, target), [rows, log, domain, target]);
  const writeTick = useMemo(() => formatTick ?? tickFormat(ticks, log), [formatTick, ticks, log]);
  const label = `${quantity} against ${x === 'steps' ? 'gradient steps' : 'seconds of training'}`;
  return (
    <figure className={`plot-curves ${className}`.trim()} role="group" aria-label={label}>
      <div className="plot-curves-chart" style={{ height }}>
        <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 320, height }}>
          <LineChart data={rows} margin={{ top: 8, right: 16, bottom: 4, left: 4 }} accessibilityLayer={false}>
            <CartesianGrid stroke="var(--line)" vertical={false} syncWithTicks />
            <XAxis
              dataKey="x"
              type="number"
              domain={[from, Math.max(to, from + 1e-9)]}
              ticks={niceTicks(from, to, 6)}
              tick={TICK}
              tickFormatter={(value: number) => formatNumber(value, 7)}
              stroke="var(--line-strong)"
              tickLine={false}
              minTickGap={40}
              height={40}
              label={{
                value: x === 'steps' ? 'gradient steps' : 'seconds of training',
                position: 'insideBottom',
                offset: 2,
                ...TICK,
              }}
            />
            <YAxis
              type="number"
              scale={log ? 'log' : 'linear'}
              domain={ends}
              ticks={ticks}
              interval={0}
              allowDataOverflow={domain !== undefined}
              tick={TICK}
              tickFormatter={writeTick}
              stroke="var(--line-strong)"
              axisLine={false}
              tickLine={false}
              width={64}
              label={{
                value: yLabel,
                angle: -90,
                position: 'insideLeft',
                offset: 4,
                style: { textAnchor: 'middle' },
                ...TICK,
              }}
            />
            <Tooltip
              isAnimationActive={false}
              cursor={{ stroke: 'var(--line-strong)' }}
              content={(tip) => (
                <Tip
                  active={tip.active}
                  payload={tip.payload as readonly { payload?: CurveRow }[]}
                  methods={methods}
                  unit={x}
                  format={format}
                />
              )}
            />
            {mark !== undefined && (
              <ReferenceLine x={mark} stroke="var(--text)" strokeDasharray="3 3" zIndex={DefaultZIndexes.line - 1} />
            )}
            {series.map(({ method }, i) => {
              const { color, dash, width } = methodStyle(method);
              return (
                <Line
                  key={method}
                  name={METHODS[method].name}
                  dataKey={(row: CurveRow) => row.values[i] ?? null}
                  type="linear"
                  stroke={color}
                  strokeWidth={width}
                  strokeDasharray={dash || '0'}
                  dot={false}
                  activeDot={{ r: 3.5, stroke: 'var(--surface)' }}
                  connectNulls
                  isAnimationActive={false}
                />
              );
            })}
          </LineChart>
        </ResponsiveContainer>
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

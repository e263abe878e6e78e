/**
 * A chart with recharts' axes and pointer whose content the caller draws. Recharts recomputes the whole chart for every new
 * row, axis property and line, which takes longer than a frame while the page trains. Therefore the axes mount one per
 * task, changes reach them one per task, rows are passed only while the pointer is on the chart, and lines bypass recharts.
 */
import { createContext, startTransition, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import {
  CartesianGrid,
  DefaultZIndexes,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  type TooltipContentProps,
  useActiveTooltipLabel,
  usePlotArea,
  useXAxisScale,
  useYAxisScale,
  XAxis,
  YAxis,
  ZIndexLayer,
} from 'recharts';
import { TICK, X_AXIS, Y_AXIS } from './axis-style.ts';
import type { Scales } from './paths.ts';
import { formatNumber } from './scales.ts';

/** What one draws with. */
export interface Plot extends Scales {
  /** CSS pixels between the axes. */
  area: { x: number; y: number; width: number; height: number };
  /** The row that the pointer is at, by its x. */
  pointed: number | null;
}

export interface Axis {
  domain: [number, number];
  ticks: number[];
}

export interface ValueAxis extends Axis {
  scale: 'linear' | 'log';
  tickFormatter: (value: number) => string;
}

/** What does not change as long as the chart is up; made once, since a new one is another chart. */
export interface ChartStyle {
  margin: { top: number; right: number; bottom: number; left: number };
  /** CSS pixels left of the value axis. */
  axisWidth: number;
}

interface AxesChartProps extends ChartStyle {
  /** CSS pixels. */
  height: number;
  /** What the axes name; the value axis may have no name. */
  xLabel: string;
  yLabel?: string | undefined;
  across: Axis;
  upward: ValueAxis;
  /** What the pointer finds, x ascending. */
  rows: readonly { x: number }[];
  tip: (tip: TooltipContentProps) => ReactNode;
  draw: (plot: Plot) => ReactNode;
}

/** Few enough that labels of a million stay apart on the narrowest chart: recharts would measure each of them each time. */
export const TICKS_ACROSS = 3;
/** Of the whole chart's height, for each tick of the value axis: labels stay apart. */
export const PIXELS_A_TICK = 45;

const UPRIGHT = { angle: -90, position: 'insideLeft', offset: 4, style: { textAnchor: 'middle' } } as const;
const CURSOR = { stroke: 'var(--line-strong)' };
const writeX = (value: number) => formatNumber(value, 9);

/** The object that there was before, as long as a new one has the same numbers in it. */
export function useSame<T>(value: T): T {
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

/** The values as they are now, reached one in each task. */
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

type Rows = readonly { x: number }[];
const NO_ROWS: Rows = [];
/** Without a row recharts has no horizontal scale, and a single one it marks with a dot. */
const ANY_ROWS: Rows = [{ x: 0 }, { x: 1 }];

/** It comes past the chart, which need not know of it while its axes stay. */
const Drawing = createContext<(plot: Plot) => ReactNode>(() => null);

function Layer() {
  const draw = useContext(Drawing);
  const toX = useXAxisScale();
  const toY = useYAxisScale();
  const area = usePlotArea();
  const pointer = useActiveTooltipLabel();
  if (!toX || !toY || !area) return null;
  return (
    <ZIndexLayer zIndex={DefaultZIndexes.line}>
      {draw({
        toX: (x) => toX(x) ?? 0,
        toY: (y) => toY(y) ?? 0,
        area,
        pointed: pointer === undefined ? null : Number(pointer),
      })}
    </ZIndexLayer>
  );
}

export function AxesChart({
  height,
  margin,
  axisWidth,
  xLabel,
  yLabel,
  across,
  upward,
  rows,
  tip,
  draw,
}: AxesChartProps) {
  const parts = useParts();
  const titles = useMemo(
    () => ({
      x: { value: xLabel, position: 'insideBottom', offset: 2, ...TICK } as const,
      y: yLabel !== undefined && ({ value: yLabel, ...UPRIGHT, ...TICK } as const),
    }),
    [xLabel, yLabel],
  );
  const [pointed, setPointed] = useState(false);
  const given = useInTurn({ rows: pointed ? rows : rows.length === 0 ? NO_ROWS : ANY_ROWS, across, upward });
  const chart = useMemo(() => {
    const [bottom, top] = given.upward.domain;
    return (
      <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 320, height }}>
        <LineChart data={given.rows} margin={margin} accessibilityLayer={false}>
          {parts >= 1 && (
            <XAxis {...X_AXIS} {...given.across} interval={0} dataKey="x" tickFormatter={writeX} label={titles.x} />
          )}
          {parts >= 2 && (
            <>
              <CartesianGrid stroke="var(--line)" vertical={false} syncWithTicks />
              <YAxis {...Y_AXIS} {...given.upward} allowDataOverflow width={axisWidth} label={titles.y} />
            </>
          )}
          {parts >= 3 && (
            <>
              <Tooltip isAnimationActive={false} cursor={CURSOR} content={tip} />
              {/* Gives every row a place that the pointer finds; nothing of it is seen. */}
              <Line
                dataKey={() => (bottom + top) / 2}
                stroke="none"
                dot={false}
                activeDot={false}
                isAnimationActive={false}
              />
              <Layer />
            </>
          )}
        </LineChart>
      </ResponsiveContainer>
    );
  }, [given, parts, titles, tip, margin, axisWidth, height]);
  return (
    <div style={{ height }} onPointerEnter={() => setPointed(true)} onPointerLeave={() => setPointed(false)}>
      <Drawing value={draw}>{chart}</Drawing>
    </div>
  );
}

import { useMemo } from 'react';
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
  type TooltipContentProps,
} from 'recharts';
import type { RewardProfile } from '../../datasets/library/reward-profile.ts';
import { finiteRange, formatNumber, niceTicks, roundTicks, tickFormat } from '../shared/plots/scales.ts';
import { TICK, X_AXIS, Y_AXIS } from '../shared/plots/axis-style.ts';

interface Row {
  step: number;
  mean: number;
  band: [number, number];
  episodes: number;
}

const MARGIN = { top: 8, right: 16, bottom: 4, left: 0 };
const X_TITLE = { value: 'step of the episode', position: 'insideBottom', offset: 2, ...TICK } as const;

function Tip({ active, payload, stride }: Pick<TooltipContentProps, 'active' | 'payload'> & { stride: number }) {
  const row = payload?.[0]?.payload as Row | undefined;
  if (!active || !row) return null;
  const entries = [
    ['mean', formatNumber(row.mean)],
    ['10th percentile', formatNumber(row.band[0])],
    ['90th percentile', formatNumber(row.band[1])],
    ['episodes', formatNumber(row.episodes, 9)],
  ];
  return (
    <div className="plot-tip">
      <p className="plot-tip-x">{stride > 1 ? `steps ${row.step} to ${row.step + stride - 1}` : `step ${row.step}`}</p>
      <ul>
        {entries.map(([name, value]) => (
          <li key={name}>
            <span className="plot-tip-name">{name}</span>
            <span className="plot-tip-value">{value}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function RewardChart({ profile, height }: { profile: RewardProfile; height: number }) {
  const { stride } = profile;
  const { rows, ticks, last } = useMemo(() => {
    const { steps, mean, low, high, episodes } = profile;
    const made = steps.map((step, i): Row => ({
      step,
      mean: mean[i]!,
      band: [low[i]!, high[i]!],
      episodes: episodes[i]!,
    }));
    const [least, most] = finiteRange([...low, ...high, ...mean]) ?? [0, 1];
    return { rows: made, ticks: roundTicks(least, most, 6), last: Math.max(1, steps.at(-1) ?? 1) };
  }, [profile]);
  return (
    <div
      className="reward-chart plot-curves"
      style={{ height }}
      role="img"
      aria-label="Mean reward against the step of the episode"
    >
      <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 320, height }}>
        <ComposedChart data={rows} margin={MARGIN} accessibilityLayer={false}>
          <CartesianGrid stroke="var(--line)" vertical={false} syncWithTicks />
          <XAxis
            {...X_AXIS}
            dataKey="step"
            domain={[0, last]}
            ticks={niceTicks(0, last, 4)}
            interval={0}
            tickFormatter={(value: number) => formatNumber(value, 9)}
            label={X_TITLE}
          />
          <YAxis
            {...Y_AXIS}
            domain={[ticks[0]!, ticks.at(-1)!]}
            ticks={ticks}
            tickFormatter={tickFormat(ticks, false)}
            width={52}
          />
          <Tooltip isAnimationActive={false} content={(tip) => <Tip {...tip} stride={stride} />} />
          <Area
            dataKey="band"
            stroke="none"
            fill="var(--accent)"
            fillOpacity={0.18}
            isAnimationActive={false}
            activeDot={false}
          />
          <Line
            dataKey="mean"
            stroke="var(--accent)"
            strokeWidth={2}
            dot={rows.length === 1}
            activeDot={{ r: 3.5 }}
            isAnimationActive={false}
          />
        </ComposedChart>
      </ResponsiveContainer>
    </div>
  );
}

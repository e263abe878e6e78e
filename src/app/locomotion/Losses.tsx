/** Charts of losses, target Q and gradient norms. */
import { memo, useMemo } from 'react';
import type { LossLine } from '../../locomotion/loss-log.ts';
import type { LocomotionMethodId } from '../../locomotion/methods.ts';
import type { RunHistory } from '../../locomotion/stored-run.ts';
import { useThrottledValue } from '../shared/hooks/use-throttled-value.ts';
import { changeMarks, lossPoints, type ChartChange, type ChartSeries } from './chart-rows.ts';
import { ChartLegend, RunChart } from './RunChart.tsx';

interface Panel {
  title: string;
  /** The methods that have this panel. */
  methods: 'all' | readonly LocomotionMethodId[];
  /** Keys of the reported losses; a method may lack some. */
  lines: readonly { key: string; name: string; color: string; dash?: string }[];
}

const WITH_CRITIC = ['diffusion-ql', 'td3-bc', 'iql'] as const;
const WITH_ACTOR_Q = ['diffusion-ql', 'td3-bc'] as const;

/** One scale per panel, since their values differ by orders of magnitude. */
const PANELS: readonly Panel[] = [
  {
    title: 'Cloning loss',
    methods: 'all',
    lines: [{ key: 'bcLoss', name: 'cloning loss', color: 'var(--cloning)' }],
  },
  {
    title: 'Q loss of the policy',
    methods: WITH_ACTOR_Q,
    lines: [{ key: 'qLoss', name: 'Q loss', color: 'var(--q-learning)' }],
  },
  {
    title: 'Loss of the critic',
    methods: WITH_CRITIC,
    lines: [
      { key: 'criticLoss', name: 'of Q', color: 'var(--q-learning)' },
      { key: 'valueLoss', name: 'of V', color: 'var(--line-orange)', dash: '2 3' },
    ],
  },
  {
    title: 'Target Q',
    methods: WITH_CRITIC,
    lines: [
      { key: 'targetQ', name: 'target', color: 'var(--q-learning)' },
      { key: 'meanQ', name: 'mean Q', color: 'var(--accent)', dash: '7 3' },
    ],
  },
  {
    title: 'Gradient norm of the policy',
    methods: 'all',
    lines: [{ key: 'actorGradientNorm', name: 'gradient norm', color: 'var(--cloning)' }],
  },
  {
    title: 'Gradient norm of the critic',
    methods: WITH_CRITIC,
    lines: [{ key: 'criticGradientNorm', name: 'gradient norm', color: 'var(--q-learning)' }],
  },
];

const HEIGHT = 150;
/** Minimum interval of redraws during training; intervals differ, so that charts do not redraw in the same frame. */
const REDRAW_MS = 2000;
const STAGGER_MS = 170;

interface LossesProps {
  method: LocomotionMethodId;
  losses: readonly LossLine[];
  /** Of the whole run. */
  steps: number;
  running: boolean;
  live: RunHistory['live'];
}

export const Losses = memo(function Losses({ method, losses, steps, running, live }: LossesProps) {
  const panels = PANELS.filter(({ methods }) => methods === 'all' || methods.includes(method));
  // The score chart has the text of a change; these charts have no room for it.
  const changes = useMemo(() => changeMarks(live).map(({ x }) => ({ x, text: '' })), [live]);
  return (
    <div className="loss-panels" data-testid="losses" data-count={panels.length}>
      {panels.map((panel, i) => (
        <LossPanel
          key={panel.title}
          panel={panel}
          losses={losses}
          steps={steps}
          changes={changes}
          everyMs={running ? REDRAW_MS + i * STAGGER_MS : 0}
        />
      ))}
    </div>
  );
});

interface LossPanelProps extends Pick<LossesProps, 'losses' | 'steps'> {
  panel: Panel;
  changes: readonly ChartChange[];
  everyMs: number;
}

function LossPanel({ panel, losses: latest, steps, changes, everyMs }: LossPanelProps) {
  const losses = useThrottledValue(latest, everyMs);
  return <LossChart panel={panel} losses={losses} steps={steps} changes={changes} />;
}

const LossChart = memo(function LossChart({
  panel: { title, lines },
  losses,
  steps,
  changes,
}: Omit<LossPanelProps, 'everyMs'>) {
  const series = useMemo(
    () =>
      lines.flatMap(({ key, ...style }): ChartSeries[] => {
        const points = lossPoints(losses, key);
        return points.length > 0 ? [{ ...style, points }] : [];
      }),
    [losses, lines],
  );
  return (
    <section className="run-card" aria-label={title}>
      <header>
        <h3>{title}</h3>
        {series.length > 1 && <ChartLegend series={series} />}
      </header>
      <RunChart
        label={`${title} against gradient steps`}
        series={series}
        height={HEIGHT}
        steps={steps}
        changes={changes}
        empty="Nothing yet."
      />
    </section>
  );
});

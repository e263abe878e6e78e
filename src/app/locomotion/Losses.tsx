/** What the networks report: losses, targets of the critic, and norms of gradients. */
import { memo, useMemo } from 'react';
import type { LossLine } from '../../training/locomotion/loss-log.ts';
import type { RunHistory } from '../../training/locomotion/stored-run.ts';
import { useUnhurried } from '../hooks/use-unhurried.ts';
import { changeMarks, lossPoints, type ChartSeries } from './chart-rows.ts';
import { ChartLegend, RunChart, type ChartChange } from './RunChart.tsx';

interface Panel {
  title: string;
  /** Names of the losses in a step's report, those that a method has. */
  lines: readonly { key: string; name: string; color: string; dash?: string }[];
}

const PANELS: readonly Panel[] = [
  { title: 'Cloning loss', lines: [{ key: 'bcLoss', name: 'cloning loss', color: 'var(--cloning)' }] },
  {
    title: 'Losses of Q',
    lines: [
      { key: 'qLoss', name: 'policy’s Q loss', color: 'var(--q-learning)' },
      { key: 'criticLoss', name: 'critic’s loss', color: 'var(--series-bear-mmd)', dash: '7 3' },
      { key: 'valueLoss', name: 'value’s loss', color: 'var(--series-bcq)', dash: '2 3' },
    ],
  },
  {
    title: 'Target Q',
    lines: [
      { key: 'targetQ', name: 'target Q', color: 'var(--q-learning)' },
      { key: 'meanQ', name: 'mean Q', color: 'var(--accent)', dash: '7 3' },
    ],
  },
  {
    title: 'Gradient norms',
    lines: [
      { key: 'actorGradientNorm', name: 'policy', color: 'var(--cloning)' },
      { key: 'criticGradientNorm', name: 'critic', color: 'var(--q-learning)', dash: '7 3' },
    ],
  },
];

const HEIGHT = 190;
/** While it trains a chart is drawn anew no oftener; each has its own pace, lest all come in one frame. */
const FRESH_MS = 2000;
const APART_MS = 170;

interface LossesProps {
  losses: readonly LossLine[];
  /** Of the whole run. */
  steps: number;
  running: boolean;
  live: RunHistory['live'];
}

export const Losses = memo(function Losses({ losses, steps, running, live }: LossesProps) {
  // What was changed is said on the curve of scores; here there is no room.
  const changes = useMemo(() => changeMarks(live).map(({ x }) => ({ x, words: '' })), [live]);
  return (
    <div className="loss-panels" data-testid="losses">
      {PANELS.map((panel, i) => (
        <LossPanel
          key={panel.title}
          panel={panel}
          losses={losses}
          steps={steps}
          changes={changes}
          everyMs={running ? FRESH_MS + i * APART_MS : 0}
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
  const losses = useUnhurried(latest, everyMs);
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
        empty={losses.length > 0 ? 'This method has none.' : 'Nothing yet.'}
      />
    </section>
  );
});

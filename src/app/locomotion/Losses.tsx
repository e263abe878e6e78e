/** What the networks report: losses, targets of the critic, and norms of gradients. */
import { useMemo } from 'react';
import type { StoredRun } from '../../training/locomotion/stored-run.ts';
import { lossPoints, type ChartSeries } from './chart-rows.ts';
import { ChartLegend, RunChart } from './RunChart.tsx';

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

export function Losses({ run }: { run: StoredRun | null }) {
  return (
    <div className="loss-panels" data-testid="losses">
      {PANELS.map((panel) => (
        <LossPanel key={panel.title} panel={panel} run={run} />
      ))}
    </div>
  );
}

function LossPanel({ panel: { title, lines }, run }: { panel: Panel; run: StoredRun | null }) {
  const losses = run?.losses;
  const series = useMemo(
    () =>
      lines.flatMap(({ key, ...style }): ChartSeries[] => {
        const points = lossPoints(losses ?? [], key);
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
        steps={run?.experiment.budget ?? 0}
        empty={losses && losses.length > 0 ? 'This method has none.' : 'Nothing yet.'}
      />
    </section>
  );
}

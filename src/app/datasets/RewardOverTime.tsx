import { lazy, Suspense } from 'react';
import type { RewardProfile } from '../../datasets/library/reward-profile.ts';
import { PlotTable } from '../shared/plots/plot-table.tsx';
import { formatNumber } from '../shared/plots/scales.ts';
import { useView } from '../shared/view-store.ts';

const RewardChart = lazy(async () => ({ default: (await import('./RewardChart.tsx')).RewardChart }));
const HEIGHT = 360;

export function RewardOverTime({ profile }: { profile: RewardProfile }) {
  const tables = useView('tables');
  const { steps, mean, low, high, episodes, stride } = profile;
  return (
    <section className="reward-over-time" aria-labelledby="reward-title">
      <h3 id="reward-title">Reward over an episode</h3>
      <p className="hint">
        The mean over all episodes, and the band of the middle eight rewards of ten
        {stride > 1 ? `; a point covers ${stride} steps` : ''}.
      </p>
      {!tables && (
        <Suspense fallback={<div style={{ height: HEIGHT }} />}>
          <RewardChart profile={profile} height={HEIGHT} />
        </Suspense>
      )}
      <PlotTable
        visible={tables}
        caption="Reward by step of the episode"
        columns={['step', 'mean', '10th percentile', '90th percentile', 'episodes']}
        rows={steps.map((step, i) => [
          formatNumber(step, 9),
          mean[i]!,
          low[i]!,
          high[i]!,
          formatNumber(episodes[i]!, 9),
        ])}
      />
    </section>
  );
}

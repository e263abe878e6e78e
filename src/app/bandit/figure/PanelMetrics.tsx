/** The numbers of one method, one a line. */
import { memo } from 'react';
import { METHODS, type MethodId } from '../../../bandit/methods.ts';
import { formatCount, formatFixed, formatRate, formatShare, formatMmd, MISSING } from '../../shared/format.ts';
import type { Shown } from '../stores/frame-store.ts';
import { useView } from '../../shared/view-store.ts';

interface PanelMetricsProps {
  method: MethodId;
  shown: Shown | null;
  modeCount: number;
}

export const PanelMetrics = memo(function PanelMetrics({ method, shown, modeCount }: PanelMetricsProps) {
  const test = useView('test');
  const metrics = shown?.metrics;
  const rate = test || !shown?.stepsPerSecond ? null : formatRate(shown.stepsPerSecond);
  return (
    <dl className="metrics">
      <div className="metric-main" title="Share of samples within 3σ of a mode">
        <dt>in mode</dt>
        <dd data-testid={`metric-${method}-in-mode`}>{metrics ? formatShare(metrics.inMode) : MISSING}</dd>
      </div>
      {METHODS[method].hasCritic && (
        <div title="Share of samples within 3σ of the mode with the highest reward">
          <dt>in the best</dt>
          <dd data-testid={`metric-${method}-in-best`}>{metrics ? formatShare(metrics.inBest) : MISSING}</dd>
        </div>
      )}
      <div title="Mean reward of the samples: the mode's mean inside a mode, 0 outside">
        <dt>reward</dt>
        <dd data-testid={`metric-${method}-reward`}>{metrics ? formatFixed(metrics.meanReward) : MISSING}</dd>
      </div>
      <div title="What the mean reward lacks to the best mode's">
        <dt>regret</dt>
        <dd data-testid={`metric-${method}-regret`}>{metrics ? formatFixed(metrics.regret) : MISSING}</dd>
      </div>
      <div title="exp of the entropy of the nearest-mode shares: how many modes are in use">
        <dt>modes in use</dt>
        <dd data-testid={`metric-${method}-modes`}>
          {metrics ? formatFixed(metrics.effectiveModes, 1) : MISSING}{' '}
          <span className="metric-minor">of {modeCount}</span>
        </dd>
      </div>
      <div title="Unbiased squared maximum mean discrepancy from the data (Gaussian kernel, bandwidth 0.2); 0 is a perfect match">
        <dt>MMD²</dt>
        <dd data-testid={`metric-${method}-mmd2`}>{metrics ? formatMmd(metrics.mmd2.value) : MISSING}</dd>
      </div>
      <div className="metric-minor" title="95 % bootstrap interval of MMD²">
        <dt>95 %</dt>
        <dd data-testid={`metric-${method}-mmd2-interval`}>
          {metrics ? `${formatMmd(metrics.mmd2.low)} to ${formatMmd(metrics.mmd2.high)}` : MISSING}
        </dd>
      </div>
      <div className="metric-steps">
        <dt>step</dt>
        <dd>
          <span data-testid={`steps-${method}`}>{shown ? formatCount(shown.step) : MISSING}</span>{' '}
          <span className="metric-minor">{shown?.shipped ? 'shipped' : rate}</span>
        </dd>
      </div>
    </dl>
  );
});

/** The numbers of one method, one a line. */
import { memo } from 'react';
import type { MethodId } from '../../algorithms/catalogue.ts';
import { formatCount, formatFixed, formatRate, formatShare, formatThousandths, MISSING } from '../format.ts';
import type { Shown } from '../stores/frame-store.ts';
import { useView } from '../stores/view-store.ts';

interface PanelMetricsProps {
  method: MethodId;
  shown: Shown | null;
  modeCount: number;
}

export const PanelMetrics = memo(function PanelMetrics({ method, shown, modeCount }: PanelMetricsProps) {
  const test = useView('test');
  const metrics = shown?.metrics;
  const rate = test || !shown || shown.stepsPerSecond === null ? null : formatRate(shown.stepsPerSecond);
  return (
    <dl className="metrics">
      <div className="metric-main" title="Share of samples within 3σ of a mode">
        <dt>in mode</dt>
        <dd data-testid={`metric-${method}-in-mode`}>{metrics ? formatShare(metrics.inMode) : MISSING}</dd>
      </div>
      <div title="Share of samples within 3σ of the mode with the highest reward">
        <dt>in the best</dt>
        <dd data-testid={`metric-${method}-in-best`}>{metrics ? formatShare(metrics.inBest) : MISSING}</dd>
      </div>
      <div title="Mean reward of the samples (0 outside every mode), and what is missing to the best mode">
        <dt>
          reward <span className="metric-minor">regret</span>
        </dt>
        <dd>
          <span data-testid={`metric-${method}-reward`}>{metrics ? formatFixed(metrics.meanReward) : MISSING}</span>{' '}
          <span className="metric-minor">{metrics ? formatFixed(metrics.regret) : MISSING}</span>
        </dd>
      </div>
      <div title="exp of the entropy of the nearest-mode shares: how many modes are in use">
        <dt>modes in use</dt>
        <dd data-testid={`metric-${method}-modes`}>
          {metrics ? formatFixed(metrics.effectiveModes, 1) : MISSING}{' '}
          <span className="metric-minor">of {modeCount}</span>
        </dd>
      </div>
      <div title="Unbiased squared maximum mean discrepancy from the data, in thousandths, with its 95 % bootstrap interval">
        <dt>
          MMD² <span className="metric-minor">·10⁻³</span>
        </dt>
        <dd data-testid={`metric-${method}-mmd2`}>
          {metrics ? formatThousandths(metrics.mmd2.value) : MISSING}{' '}
          <span className="metric-minor">
            {metrics ? `${formatThousandths(metrics.mmd2.low)} … ${formatThousandths(metrics.mmd2.high)}` : ''}
          </span>
        </dd>
      </div>
      <div className="metric-steps">
        <dt>step</dt>
        <dd>
          <span data-testid={`steps-${method}`}>{shown ? formatCount(shown.step) : MISSING}</span>{' '}
          <span className="metric-minor">{rate ?? ''}</span>
        </dd>
      </div>
    </dl>
  );
});

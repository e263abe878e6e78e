/** Curves of an episode: rewards, actions and observations against the step. */
import { lazy, Suspense, useCallback, useState } from 'react';
import type { EpisodeData } from '../../datasets/library/protocol.ts';
import { recordedBody } from '../../environments/recorded-states.ts';
import { formatCount } from '../shared/format.ts';
import { PlotTable } from '../shared/plots/plot-table.tsx';
import { formatNumber, formatOnScale } from '../shared/plots/scales.ts';
import { EPISODE_END_TEXT } from './copy.ts';
import { useView } from '../shared/view-store.ts';
import { columnOf } from '../shared/policy-inspector/denoising-scales.ts';
import { episodePath, minMaxThinned } from './episode-lines.ts';

const EpisodeStage = lazy(() => import('./EpisodeStage.tsx'));

const POINTS = 240;
const SHOWN = 24;

interface EpisodeCurvesProps {
  episode: EpisodeData;
  /** The id in the manifest. */
  environment: string | null;
  onRow: (row: number) => void;
}

export function EpisodeCurves({ episode, environment, onRow }: EpisodeCurvesProps) {
  const { index, start, end, rewards, actions, observations } = episode;
  const steps = rewards.length;
  const [step, setStep] = useState(0);
  const actionDim = actions.length / steps;
  const observationDim = observations.length / steps;
  const at = Math.min(step, steps - 1);
  const body = recordedBody(environment, observationDim, actionDim);
  const [onStage, setOnStage] = useState(false);
  const goToStep = useCallback((to: number) => setStep(to), []);
  const columns = (count: number) => Array.from({ length: Math.min(count, SHOWN) }, (_, i) => i);
  return (
    <div className="episode-curves" data-testid="episode-curves">
      <div className="episode-line">
        <h4>Episode {formatCount(index)}</h4>
        <p className="muted">
          {formatCount(steps)} steps, {EPISODE_END_TEXT[end]}
        </p>
        {body !== null && (
          <button
            type="button"
            className="small"
            data-testid="on-stage"
            aria-expanded={onStage}
            title="Shows the body as it was recorded, step by step."
            onClick={() => setOnStage(!onStage)}
          >
            {onStage ? 'Hide the stage' : 'Play on the stage'}
          </button>
        )}
      </div>
      {body !== null && onStage && (
        <Suspense fallback={<p className="muted">Loading the stage…</p>}>
          <EpisodeStage episode={episode} body={body} step={at} onStep={goToStep} />
        </Suspense>
      )}
      <div className="episode-step">
        <label className="labelled">
          <span className="control-label">Step</span>
          <input
            type="range"
            min={0}
            max={Math.max(0, steps - 1)}
            value={at}
            aria-valuetext={`step ${at} of ${steps}`}
            onChange={(event) => {
              setStep(Number(event.target.value));
              onRow(start + Number(event.target.value));
            }}
          />
          <output>{formatCount(at)}</output>
        </label>
        <span className="hint">The plot of actions near a state follows.</span>
      </div>
      <div className="small-plots">
        <Line title="Reward" values={rewards} at={at} />
        {columns(actionDim).map((i) => (
          <Line key={`action ${i}`} title={`Action ${i}`} values={columnOf(actions, actionDim, i)} at={at} />
        ))}
        {columns(observationDim).map((i) => (
          <Line
            key={`observation ${i}`}
            title={`Observation ${i}`}
            values={columnOf(observations, observationDim, i)}
            at={at}
          />
        ))}
      </div>
    </div>
  );
}

function Line({ title, values, at }: { title: string; values: Float32Array; at: number }) {
  const tables = useView('tables');
  const points = minMaxThinned(values, POINTS);
  const low = points.reduce((lowest, { value }) => Math.min(lowest, value), Infinity);
  const high = points.reduce((highest, { value }) => Math.max(highest, value), -Infinity);
  const write = (value: number) => formatOnScale(value, high - low);
  const last = Math.max(1, values.length - 1);
  return (
    <figure className="histogram small-line">
      <figcaption>
        {title} <span className="muted">{write(values[at]!)}</span>
      </figcaption>
      {!tables && (
        <>
          <svg
            viewBox={`0 0 ${last} 1`}
            preserveAspectRatio="none"
            role="img"
            aria-label={`${title} from ${write(low)} to ${write(high)} over ${values.length} steps`}
          >
            <path className="small-line-mark" d={`M${at},0V1`} />
            <path className="small-line-path" d={episodePath(points, low, high)} />
          </svg>
          <div className="histogram-axis" aria-hidden="true">
            <span>
              {write(low)} to {write(high)}
            </span>
          </div>
        </>
      )}
      <PlotTable
        visible={tables}
        caption={`${title} by step`}
        columns={['step', title]}
        rows={points.map(({ step, value }) => [formatNumber(step, 9), value])}
      />
    </figure>
  );
}

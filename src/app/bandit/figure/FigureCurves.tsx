/** One quantity of every method, against steps or seconds. */
import { memo } from 'react';
import { METHODS } from '../../../bandit/methods.ts';
import { useIsVisible } from '../../shared/hooks/use-is-visible.ts';
import { useSeriesTick } from './use-series-tick.ts';
import { PlotTable } from '../../shared/plots/plot-table.tsx';
import type { CurveSeries } from '../plots/types.ts';
import { useSession } from '../session-context.ts';
import { useExperiment } from '../stores/experiment-store.ts';
import { frameStore } from '../stores/frame-store.ts';
import { useRun } from '../stores/run-store.ts';
import { setView, useView } from '../../shared/view-store.ts';
import { CURVE_QUANTITIES, type Axis, type CurveQuantity } from '../../shared/view.ts';
import { chartText, CURVE_TEXT, seriesKey } from './curve-text.ts';
import { LazyCurves, useChartsWarm } from './LazyCurves.tsx';
import { BANDIT_CONTROLS } from '../copy.ts';
import { described } from '../../shared/copy.ts';

const HEIGHT = 216;

/** How to read the figure, shown until there are curves. */
function CurvesPlaceholder() {
  return (
    <div className="figure-text">
      <p>
        Each panel draws 500 actions of one policy over the data, whose modes are ringed; the <b>green</b> ring marks
        the mode with the highest reward.
      </p>
      <p>
        Good cloning covers every mode in equal parts. Good improvement gathers on the green one without leaving the
        data: <b>η</b> sets how hard it tries.
      </p>
      <p>Curves appear here as the run goes.</p>
    </div>
  );
}

/** The snapshot on show. Only the race's own axis has one position for all methods. */
function useSnapshotMark(axis: Axis): number | undefined {
  const snapshotStep = useView('snapshotStep');
  const race = useExperiment((experiment) => experiment.race);
  const timeline = useRun('timeline');
  if (snapshotStep === null || axis !== race || snapshotStep > (timeline.at(-1)?.step ?? -1)) return undefined;
  const shown = timeline.findLast(({ step }) => step <= snapshotStep);
  return axis === 'steps' ? shown?.step : shown?.seconds;
}

export const FigureCurves = memo(function FigureCurves() {
  const { series } = useSession();
  const methods = useExperiment((experiment) => experiment.methods);
  const quantity = useView('quantity');
  const axis = useView('axis');
  const tables = useView('tables');
  const [section, seen] = useIsVisible<HTMLElement>();
  useSeriesTick(0, seen);
  const mark = useSnapshotMark(axis);
  const text = CURVE_TEXT[quantity];
  const lines: CurveSeries[] = [];
  for (const method of methods) {
    const key = seriesKey(quantity, frameStore.latest(method)?.losses ?? null);
    const line = key === null ? null : series.get(method, key, axis);
    if (line && line.x.length > 0) lines.push(line);
  }

  const waiting = lines.length === 0;
  const warm = useChartsWarm();
  return (
    <section ref={section} className="figure-curves" aria-label="Curves" data-testid="curves">
      <div className="curves-head">
        <label {...described(BANDIT_CONTROLS, 'quantity')}>
          <span className="visually-hidden">Curve</span>
          <select
            className="plain-select"
            data-testid="quantity"
            value={quantity}
            onChange={(event) => setView({ quantity: event.target.value as CurveQuantity })}
          >
            {CURVE_QUANTITIES.map((id) => (
              <option key={id} value={id}>
                {CURVE_TEXT[id].title}
              </option>
            ))}
          </select>
        </label>
        <label {...described(BANDIT_CONTROLS, 'axis')}>
          <span className="visually-hidden">Against</span>
          <select
            className="plain-select"
            data-testid="axis"
            value={axis}
            onChange={(event) => setView({ axis: event.target.value as Axis })}
          >
            <option value="steps">by steps</option>
            <option value="seconds">by seconds</option>
          </select>
        </label>
      </div>
      <div className="curves-place">
        {waiting && <CurvesPlaceholder />}
        {tables && !waiting && (
          <PlotTable
            visible
            caption={`${text.title}, latest value`}
            columns={['Method', axis === 'steps' ? 'Step' : 'Second', text.yLabel]}
            rows={lines.map(({ method, x, y }) => [
              METHODS[method].name,
              (x[x.length - 1] ?? 0).toFixed(0),
              text.format(y[y.length - 1] ?? NaN),
            ])}
          />
        )}
        {/* Rendered hidden before there are lines: rendering it later would delay the first frames of a run. */}
        {!tables && (warm || !waiting) && (
          <div className={waiting ? 'curves-waiting' : undefined}>
            <LazyCurves series={lines} x={axis} height={HEIGHT} mark={mark} {...chartText(text)} />
          </div>
        )}
      </div>
    </section>
  );
});

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

/** What there is to see, where the curves will be. */
function CurvesPlaceholder() {
  return (
    <div className="figure-words">
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

/** The kept moment on show. It is one place for all methods only on the axis that the race keeps equal. */
function useSnapshotMark(axis: Axis): number | undefined {
  const moment = useView('moment');
  const race = useExperiment((experiment) => experiment.race);
  const timeline = useRun('timeline');
  if (moment === null || axis !== race || moment > (timeline.at(-1)?.step ?? -1)) return undefined;
  const shown = timeline.findLast(({ step }) => step <= moment);
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
  const words = CURVE_TEXT[quantity];
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
            caption={`${words.title}, latest value`}
            columns={['Method', axis === 'steps' ? 'Step' : 'Second', words.yLabel]}
            rows={lines.map(({ method, x, y }) => [
              METHODS[method].name,
              (x[x.length - 1] ?? 0).toFixed(0),
              words.format(y[y.length - 1] ?? NaN),
            ])}
          />
        )}
        {/* Put up, unseen, before there is anything to draw: later it would hold up the first frames of a run. */}
        {!tables && (warm || !waiting) && (
          <div className={waiting ? 'curves-waiting' : undefined}>
            <LazyCurves series={lines} x={axis} height={HEIGHT} mark={mark} {...chartText(words)} />
          </div>
        )}
      </div>
    </section>
  );
});

/** Small charts of one method: its measures, then every loss that it reports. */
import { memo } from 'react';
import type { MethodId } from '../../../bandit/methods.ts';
import { formatSignificant } from '../../shared/format.ts';
import { useIsVisible } from '../../shared/hooks/use-is-visible.ts';
import { useSeriesTick } from './use-series-tick.ts';
import { PlotTable } from '../../shared/plots/plot-table.tsx';
import type { CurveBand } from '../plots/types.ts';
import { bandOf } from '../seeds/seed-rows.ts';
import { seedsStore } from '../seeds/seeds-store.ts';
import { SeedsChoice, SeedsPanel } from '../seeds/SeedsPanel.tsx';
import { useSession } from '../session-context.ts';
import { useShown } from '../stores/frame-store.ts';
import { setView, useView } from '../../shared/view-store.ts';
import type { Axis } from '../../shared/view.ts';
import { termName } from '../../shared/term-name.ts';
import { chartText, CURVE_TEXT, type CurveText } from './curve-text.ts';
import { LazyCurves } from './LazyCurves.tsx';
import { BANDIT_CONTROLS } from '../copy.ts';
import { described } from '../../shared/copy.ts';

const MEASURES = ['inMode', 'mmd2', 'meanReward', 'effectiveModes'] as const;
const HEIGHT = 150;
const PHASE_MS = 70;

export function SoloCurves({ method }: { method: MethodId }) {
  const axis = useView('axis');
  const { series } = useSession();
  const shown = useShown(method);
  useSeriesTick();
  // Terms of the run, not of the snapshot on show, which may be of step 0.
  const terms = series.terms(method);
  const mark = shown?.isSnapshot ? (axis === 'steps' ? shown.step : shown.seconds) : undefined;
  return (
    <section className="solo-curves" aria-label="Curves">
      <div className="curves-head">
        <h3>Curves</h3>
        <SeedsChoice />
        <label {...described(BANDIT_CONTROLS, 'axis')}>
          <span className="visually-hidden">Against</span>
          <select
            className="plain-select"
            value={axis}
            onChange={(event) => setView({ axis: event.target.value as Axis })}
          >
            <option value="steps">by steps</option>
            <option value="seconds">by seconds</option>
          </select>
        </label>
      </div>
      <SeedsPanel method={method} />
      <div className="solo-charts">
        {MEASURES.map((id, index) => (
          <Chart key={id} method={method} series={id} text={CURVE_TEXT[id]} axis={axis} mark={mark} phase={index} />
        ))}
        {terms.map((term, index) => (
          <TermChart key={term} method={method} term={term} axis={axis} mark={mark} phase={MEASURES.length + index} />
        ))}
      </div>
    </section>
  );
}

interface ChartProps {
  method: MethodId;
  series: string;
  text: CurveText;
  axis: Axis;
  /** Position of the snapshot on show. */
  mark: number | undefined;
  phase: number;
}

const Chart = memo(function Chart({ method, series: key, text: words, axis, mark, phase }: ChartProps) {
  const { series } = useSession();
  const tables = useView('tables');
  const [figure, seen] = useIsVisible<HTMLElement>();
  useSeriesTick(phase * PHASE_MS, seen);
  const line = series.get(method, key, axis);
  const wanted = useView('seeds') > 1 && axis === 'steps';
  // Read with the rows, so that both are of the same time.
  const band = wanted ? bandOf(seedsStore.getState().groups[method], key) : undefined;
  return (
    <figure ref={figure} className="chart">
      <figcaption>{words.title}</figcaption>
      {line.x.length === 0 ? (
        <p className="curves-empty">No run yet</p>
      ) : tables ? (
        <>
          <PlotTable
            visible
            caption={words.title}
            columns={[axis === 'steps' ? 'Step' : 'Second', words.yLabel]}
            rows={Array.from(line.x, (x, at) => [x.toFixed(0), words.format(line.y[at] ?? NaN)])}
          />
          {band && <BandTable title={words.title} band={band} format={words.format} />}
        </>
      ) : (
        <LazyCurves series={[line]} band={band} x={axis} height={HEIGHT} mark={mark} {...chartText(words)} />
      )}
    </figure>
  );
});

function BandTable({ title, band, format }: { title: string; band: CurveBand; format: CurveText['format'] }) {
  const numbers = (at: number) => [band.mean, band.low, band.high].map((column) => format(column[at] ?? NaN));
  return (
    <PlotTable
      visible
      caption={`${title}: ${band.name.toLowerCase()}, with its 95 % interval`}
      columns={['Step', 'Mean', 'From', 'To']}
      rows={Array.from(band.x, (x, at) => [x.toFixed(0), ...numbers(at)])}
    />
  );
}

const TermChart = memo(function TermChart({ term, ...rest }: Omit<ChartProps, 'series' | 'text'> & { term: string }) {
  const text: CurveText = { title: termName(term), yLabel: '', format: (value) => formatSignificant(value, 2) };
  return <Chart {...rest} series={term} text={text} />;
});

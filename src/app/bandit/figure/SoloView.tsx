/** One method, large: both scrubbers, its Q, metrics, curves and losses, and its description. */
import { useEffect, useRef, useState } from 'react';
import { METHOD_IDS, METHODS, type MethodId } from '../../../bandit/methods.ts';
import { Q_RESOLUTION } from '../../../bandit/engine/protocol.ts';
import { Icon } from '../../shared/controls/icons.tsx';
import { DenoiseOff, useReverse } from '../controls/Scrubbers.tsx';
import { MethodText } from '../dialogs/MethodText.tsx';
import { formatCount, formatFixed, formatShare } from '../../shared/format.ts';
import { useDataShares } from './use-data-shares.ts';
import { useDenoising } from './use-denoising.ts';
import { useQAt } from './use-q-at.ts';
import { NearestBar } from '../plots/nearest-bar.tsx';
import { QField } from '../plots/q-field.tsx';
import { QTable } from '../plots/q-table.tsx';
import { ReverseScrubber } from '../plots/reverse-scrubber.tsx';
import { SampleField } from '../plots/sample-field.tsx';
import { useSession } from '../session-context.ts';
import { useExperiment } from '../stores/experiment-store.ts';
import { useShown } from '../stores/frame-store.ts';
import { useRun } from '../stores/run-store.ts';
import { setView, useHidden, useView } from '../../shared/view-store.ts';
import { SoloCurves } from './SoloCurves.tsx';
import { LossTable } from './LossTable.tsx';
import { PanelMetrics } from './PanelMetrics.tsx';
import { SampleTables } from './SampleTables.tsx';
import { ShippedNote } from './ShippedNote.tsx';
import { BANDIT_CONTROLS } from '../copy.ts';
import { described } from '../../shared/copy.ts';

const PATHS = 500;
const TRAILS = 24;
const NEAR = 1.25;
const WIDE = 2.5;

export function SoloView({ method }: { method: MethodId }) {
  const session = useSession();
  const info = METHODS[method];
  const on = useExperiment((experiment) => experiment.methods.includes(method));
  const key = METHOD_IDS.indexOf(method);
  const title = useRef<HTMLHeadingElement>(null);
  // The button that opened this view is gone; the focus moves to the title.
  useEffect(() => title.current?.focus({ preventScroll: true }), []);

  return (
    <section className="solo" aria-labelledby="solo-title" data-testid={`alone-view-${method}`} data-tone={info.row}>
      <header className="solo-head">
        <button
          type="button"
          data-testid="back"
          {...described(BANDIT_CONTROLS, 'back')}
          onClick={() => setView({ solo: null })}
        >
          <Icon name="back" />
          All methods
        </button>
        <h2 id="solo-title" ref={title} tabIndex={-1}>
          {info.name}
        </h2>
        <p>{info.source}</p>
        <span className="solo-neighbours">
          {[METHOD_IDS.at(key - 1), METHOD_IDS[(key + 1) % METHOD_IDS.length]].map(
            (other, index) =>
              other && (
                <button key={index} type="button" className="quiet" onClick={() => setView({ solo: other })}>
                  {index === 0 ? '← ' : ''}
                  {METHODS[other].name}
                  {index === 1 ? ' →' : ''}
                </button>
              ),
          )}
        </span>
      </header>
      <ShippedNote />
      {on ? (
        <SoloBody method={method} />
      ) : (
        <p className="panel-off">
          {info.name} is switched off.{' '}
          <button type="button" onClick={() => session.toggleMethod(method)}>
            Switch on
          </button>
        </p>
      )}
      <div className="solo-text">
        <MethodText method={method} />
      </div>
    </section>
  );
}

function SoloBody({ method }: { method: MethodId }) {
  const info = METHODS[method];
  const shown = useShown(method);
  const modes = useExperiment((experiment) => experiment.data.modes);
  const data = useRun('data');
  const state = useRun('state');
  const shares = useDataShares();
  const denoise = useView('denoise');
  const tables = useView('tables');
  const still = useView('test');
  const denoisingHidden = useHidden('denoising');
  const curvesHidden = useHidden('curves');
  const qHidden = useHidden('q');
  const [wide, setWide] = useState(false);
  const { q: hoverQ, at: hoverAt, onHover } = useQAt(method, info.hasCritic);
  const scrubbed = info.isDiffusion && !denoisingHidden && !tables;
  const paths = useDenoising(method, scrubbed && denoise !== null, PATHS);
  const settings = useExperiment((experiment) => experiment.settings.diffusionSteps);
  const reverse = useReverse(paths?.reverseSteps ?? settings ?? (method === 'diffusion-ql' ? 5 : 50));
  const extent = wide ? WIDE : NEAR;

  return (
    <>
      <div className="solo-body" data-critic={info.hasCritic || undefined}>
        <div className="solo-field">
          {tables ? (
            <SampleTables name={info.name} shown={shown} modes={modes} shares={shares} />
          ) : (
            <>
              <SampleField
                data={data?.points ?? null}
                modes={modes}
                samples={shown?.samples ?? null}
                tone={info.row}
                paths={paths && denoise !== null ? { ...paths, at: denoise * paths.reverseSteps } : undefined}
                trails={TRAILS}
                label={`${info.name}${shown ? ` at step ${formatCount(shown.step)}: ${formatShare(shown.metrics.inMode)} of samples in a mode` : ''}`}
                extent={extent}
                showRewards={info.row === 'q-learning'}
                showNames={info.row === 'cloning'}
                still={still}
                onHover={info.hasCritic ? onHover : undefined}
              />
              <NearestBar
                nearest={shown?.metrics.nearest ?? []}
                dataShares={shares}
                modes={modes}
                label={`${info.name}: shares of samples nearest to each mode`}
              />
              {scrubbed && (
                <div
                  className="solo-scrubber"
                  role="group"
                  aria-label="Denoising"
                  {...described(BANDIT_CONTROLS, 'denoise')}
                >
                  <ReverseScrubber {...reverse} disabled={state === 'loading'} />
                  <DenoiseOff />
                </div>
              )}
              <label className="labelled check">
                <input type="checkbox" checked={wide} onChange={(event) => setWide(event.target.checked)} />
                <span>Wider view (±{WIDE})</span>
              </label>
            </>
          )}
        </div>
        {info.hasCritic && !qHidden && (
          <div className="solo-field">
            {tables ? (
              <QTable q={shown?.q ?? null} resolution={Q_RESOLUTION} name={info.name} />
            ) : (
              <>
                <QField
                  q={shown?.q ?? null}
                  resolution={Q_RESOLUTION}
                  modes={modes}
                  label={`${info.name}: its Q over the square, under its samples`}
                  overlay={shown?.samples ?? null}
                  tone={info.row}
                  extent={extent}
                />
                <p className="field-text">
                  Q₁ over the square
                  {hoverQ !== null && hoverAt && (
                    <>
                      {' '}
                      · Q({formatFixed(hoverAt[0])}, {formatFixed(hoverAt[1])}) = <b>{formatFixed(hoverQ)}</b>
                    </>
                  )}
                </p>
              </>
            )}
          </div>
        )}
        <div className="solo-side">
          <PanelMetrics method={method} shown={shown} modeCount={modes.length} />
          <LossTable shown={shown} />
        </div>
      </div>
      {!curvesHidden && <SoloCurves method={method} />}
    </>
  );
}

/** One method of the figure: its samples over the data, its Q landscape, its numbers. */
import { memo } from 'react';
import { METHOD_IDS, METHODS, type MethodId } from '../../../bandit/methods.ts';
import { Q_RESOLUTION } from '../../../bandit/engine/protocol.ts';
import { Icon } from '../../shared/controls/icons.tsx';
import { formatCount, formatShare } from '../../shared/format.ts';
import { useDenoising } from './use-denoising.ts';
import { useDataShares } from './use-data-shares.ts';
import { NearestBar } from '../plots/nearest-bar.tsx';
import { QField } from '../plots/q-field.tsx';
import { QTable } from '../plots/q-table.tsx';
import { SampleField } from '../plots/sample-field.tsx';
import { useSession } from '../session-context.ts';
import { openDialog } from '../stores/dialog-store.ts';
import { useExperiment } from '../stores/experiment-store.ts';
import { useShown } from '../stores/frame-store.ts';
import { useRun } from '../stores/run-store.ts';
import { setView, useHidden, useView } from '../../shared/view-store.ts';
import { PanelMetrics } from './PanelMetrics.tsx';
import { SampleTables } from './SampleTables.tsx';
import { toggleAndFollow, toggleId } from './toggle-method.ts';
import { BANDIT_CONTROLS } from '../copy.ts';
import { described } from '../../shared/copy.ts';

const PATHS = 400;
const TRAILS = 10;

export const MethodPanel = memo(function MethodPanel({ method }: { method: MethodId }) {
  const info = METHODS[method];
  return (
    <article className="panel" data-testid={`panel-${method}`} data-tone={info.row} aria-label={info.name}>
      <PanelHead method={method} />
      <PanelBody method={method} />
    </article>
  );
});

function PanelHead({ method }: { method: MethodId }) {
  const session = useSession();
  const { name } = METHODS[method];
  const key = (METHOD_IDS.indexOf(method) + 1) % 10;
  return (
    <header className="panel-head">
      <h3>
        <button
          type="button"
          className="panel-title"
          data-testid={`about-${method}`}
          {...described(BANDIT_CONTROLS, 'about')}
          onClick={() => openDialog({ kind: 'about', method })}
        >
          {name}
        </button>
      </h3>
      <span className="panel-tools">
        <button
          type="button"
          className="quiet square"
          aria-label={`Open ${name} alone`}
          id={`alone-${method}`}
          data-testid={`alone-${method}`}
          {...described(BANDIT_CONTROLS, 'solo')}
          title={`Opens ${name} alone [${key}]`}
          onClick={() => setView({ solo: method })}
        >
          <Icon name="expand" />
        </button>
        <button
          type="button"
          className="quiet square"
          aria-label={`Switch ${name} off`}
          id={toggleId(method)}
          data-testid={`toggle-${method}`}
          {...described(BANDIT_CONTROLS, 'toggle')}
          onClick={() => toggleAndFollow(session, method)}
        >
          <Icon name="power" />
        </button>
      </span>
    </header>
  );
}

function PanelBody({ method }: { method: MethodId }) {
  const info = METHODS[method];
  const shown = useShown(method);
  const modes = useExperiment((experiment) => experiment.data.modes);
  const data = useRun('data');
  const shares = useDataShares();
  const denoise = useView('denoise');
  const tables = useView('tables');
  const still = useView('test');
  const qHidden = useHidden('q');
  const metricsHidden = useHidden('metrics');
  const paths = useDenoising(method, denoise !== null, PATHS);

  const summary = shown
    ? `${info.name} at step ${formatCount(shown.step)}: ${formatShare(shown.metrics.inMode)} of samples in a mode`
    : `${info.name}: no samples yet`;

  return (
    <>
      {tables ? (
        <SampleTables name={info.name} shown={shown} modes={modes} shares={shares} />
      ) : (
        <>
          <SampleField
            className="panel-field"
            data={data?.points ?? null}
            modes={modes}
            samples={shown?.samples ?? null}
            tone={info.row}
            paths={paths && denoise !== null ? { ...paths, at: denoise * paths.reverseSteps } : undefined}
            trails={TRAILS}
            label={summary}
            still={still}
          />
          <NearestBar
            className="panel-bar"
            nearest={shown?.metrics.nearest ?? []}
            dataShares={shares}
            modes={modes}
            label={`${info.name}: shares of samples nearest to each mode`}
          />
        </>
      )}
      {!metricsHidden && <PanelMetrics method={method} shown={shown} modeCount={modes.length} />}
      {info.hasCritic &&
        !qHidden &&
        (tables ? (
          <QTable q={shown?.q ?? null} resolution={Q_RESOLUTION} name={info.name} />
        ) : (
          <QField
            className="panel-q"
            q={shown?.q ?? null}
            resolution={Q_RESOLUTION}
            modes={modes}
            label={`${info.name}: its Q over the square`}
          />
        ))}
    </>
  );
}

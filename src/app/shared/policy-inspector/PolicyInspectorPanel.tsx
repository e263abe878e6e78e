/** The policy inspector: how the policy denoises the body’s present state, beside the actions of the data there. */
import { useEffect, type ReactNode } from 'react';
import { useStore, type StoreApi } from 'zustand';
import type { EnvironmentId } from '../../../environments/bodies/ids.ts';
import type { StageTrace } from '../../../environments/stage/protocol.ts';
import { useIsVisible } from '../hooks/use-is-visible.ts';
import { useView } from '../view-store.ts';
import { DenoisingLegend } from './DenoisingLegend.tsx';
import { DenoisingView } from './DenoisingView.tsx';
import { NO_DATA, useDataNear, type DataNear, type PreferredDataset } from './use-data-near.ts';

/** A body whose policy can be traced. */
interface TracedBody {
  store: Pick<StoreApi<{ trace: StageTrace | null }>, 'getState' | 'getInitialState' | 'subscribe'>;
  /** Turns traces on while the panel is visible. */
  watchTraces: (on: boolean) => void;
}

interface PolicyInspectorPanelProps {
  body: TracedBody;
  environment: EnvironmentId;
  /** Names of the action dimensions. */
  joints: readonly string[];
  /** Its heading; a panel under another heading names that one's id in `labelledBy`. */
  title?: string;
  labelledBy?: string;
  /** The dataset whose actions are shown at first; by default the first one available. */
  data?: PreferredDataset | null;
  /** Called when the panel enters or leaves the screen. */
  onVisible?: (visible: boolean) => void;
  /** Controls of how the policy acts. */
  children?: ReactNode;
}

const TITLE_ID = 'policy-inspector-title';

export function PolicyInspectorPanel({
  body,
  environment,
  joints,
  title,
  labelledBy = TITLE_ID,
  data: preferred = null,
  onVisible,
  children,
}: PolicyInspectorPanelProps) {
  const [ref, visible] = useIsVisible<HTMLElement>();
  const traced = useStore(body.store, (state) => state.trace);
  const tables = useView('tables');
  useEffect(() => {
    body.watchTraces(visible);
    onVisible?.(visible);
    return () => {
      body.watchTraces(false);
      onVisible?.(false);
    };
  }, [body, visible, onVisible]);
  const data = useDataNear(environment, visible && traced ? traced.observation : null, preferred);
  const trace = traced?.trace ?? null;
  const near = data.source && data.found ? data.found.actions : null;
  return (
    <section
      ref={ref}
      className="policy-inspector"
      aria-labelledby={labelledBy}
      data-testid="policy-inspector"
      data-step={traced?.step}
      data-near={near && data.isCurrent ? traced?.step : undefined}
    >
      <div className="policy-inspector-head">
        {title !== undefined && <h2 id={TITLE_ID}>{title}</h2>}
        <DataChoice data={data} />
      </div>
      {children}
      <DenoisingLegend
        draws={trace?.candidates ?? null}
        byQ={trace ? trace.values !== null : true}
        data={near ? data.found!.rows.length : null}
      />
      <DenoisingView trace={trace} joints={joints} near={near} tables={tables} />
      {data.error && <p className="hint">The data could not be read: {data.error}</p>}
    </section>
  );
}

function DataChoice({ data: { sources, source, choose } }: { data: DataNear }) {
  if (sources.length === 0) return null;
  return (
    <label className="labelled" title="The dataset whose actions in the nearest states are shown beside the policy’s.">
      <span className="control-label">Data</span>
      <select
        data-testid="policy-inspector-data"
        value={source?.id ?? NO_DATA}
        onChange={(event) => choose(event.target.value)}
      >
        {sources.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
        <option value={NO_DATA}>no data</option>
      </select>
    </label>
  );
}

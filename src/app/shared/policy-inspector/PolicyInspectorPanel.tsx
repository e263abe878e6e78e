/** What the policy that moves a body thinks: its denoising of the state that the body is in, beside what the data did there. */
import { useEffect, type ReactNode } from 'react';
import { useStore, type StoreApi } from 'zustand';
import type { EnvironmentId } from '../../../environments/bodies/ids.ts';
import type { StageTrace } from '../../../environments/stage/protocol.ts';
import { useSeen } from '../hooks/use-is-visible.ts';
import { useView } from '../view-store.ts';
import { DenoisingLegend } from './DenoisingLegend.tsx';
import { DenoisingView } from './DenoisingView.tsx';
import { NO_DATA, useDataNear, type DataNear, type WantedData } from './use-data-near.ts';

/** A body whose policy can be traced. */
export interface TracedBody {
  store: Pick<StoreApi<{ trace: StageTrace | null }>, 'getState' | 'getInitialState' | 'subscribe'>;
  /** Nothing is traced while nobody watches. */
  watchTraces: (on: boolean) => void;
}

interface ThoughtsPanelProps {
  body: TracedBody;
  environment: EnvironmentId;
  /** Names of the action's dimensions. */
  joints: readonly string[];
  /** Its heading; where the panel stands under one already, `labelledBy` is that one's id. */
  title?: string;
  labelledBy?: string;
  /** Whose actions stand beside the policy's unless the visitor chooses others; else those of the first dataset there is. */
  data?: WantedData | null;
  /** Told whether the panel is on the screen. */
  onLooked?: (looked: boolean) => void;
  /** How the policy acts. */
  children?: ReactNode;
}

const TITLE_ID = 'seeing-title';

export function ThoughtsPanel({
  body,
  environment,
  joints,
  title,
  labelledBy = TITLE_ID,
  data: wanted = null,
  onLooked,
  children,
}: ThoughtsPanelProps) {
  const [ref, seen] = useSeen<HTMLElement>();
  const traced = useStore(body.store, (state) => state.trace);
  const tables = useView('tables');
  useEffect(() => {
    body.watchTraces(seen);
    onLooked?.(seen);
    return () => {
      body.watchTraces(false);
      onLooked?.(false);
    };
  }, [body, seen, onLooked]);
  const data = useDataNear(environment, seen && traced ? traced.observation : null, wanted);
  const trace = traced?.trace ?? null;
  const near = data.source && data.found ? data.found.actions : null;
  return (
    <section
      ref={ref}
      className="seeing"
      aria-labelledby={labelledBy}
      data-testid="seeing"
      data-step={traced?.step}
      data-near={near && data.isCurrent ? traced?.step : undefined}
    >
      <div className="seeing-head">
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
      {data.trouble && <p className="hint">The data could not be read: {data.trouble}</p>}
    </section>
  );
}

function DataChoice({ data: { sources, source, choose } }: { data: DataNear }) {
  if (sources.length === 0) return null;
  return (
    <label className="labelled" title="Whose actions in the nearest states are shown beside the policy’s.">
      <span className="control-label">Data</span>
      <select data-testid="seeing-data" value={source?.id ?? NO_DATA} onChange={(event) => choose(event.target.value)}>
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

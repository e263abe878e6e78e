/** The panel of what the policy on the stage thinks: its denoising of the state that the body is in. */
import { useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import type { EnvironmentId } from '../../environments/ids.ts';
import { Choice } from '../controls/Choice.tsx';
import { useSeen } from '../hooks/use-seen.ts';
import { DenoisingView } from '../seeing/DenoisingView.tsx';
import { DenoisingLegend } from '../seeing/DenoisingLegend.tsx';
import { NO_DATA, useDataNear, type DataNear } from '../seeing/use-data-near.ts';
import { setView, useHidden, useView } from '../stores/view-store.ts';
import { motorNames } from './ActionStrip.tsx';
import type { BodySession } from './body-session.ts';

const CANDIDATES = [
  { value: '1', label: '1', hint: 'One draw of the policy, whatever its Q' },
  { value: 'softmax', label: '50, softmax', hint: 'One of fifty draws, with probability softmax(Q), as published' },
  { value: 'argmax', label: '50, best', hint: 'The draw of the highest Q among fifty' },
] as const;

interface ThoughtsProps {
  session: BodySession;
  environment: EnvironmentId;
  /** Whether the policy can choose among candidates by a Q. */
  hasCritic: boolean;
}

export function Thoughts({ session, environment, hasCritic }: ThoughtsProps) {
  const [ref, seen] = useSeen<HTMLElement>();
  const traced = useStore(session.store, (state) => state.trace);
  const tables = useView('tables');
  useEffect(() => {
    session.watchTraces(seen);
    return () => session.watchTraces(false);
  }, [session, seen]);
  const data = useDataNear(environment, seen && traced ? traced.observation : null);
  const trace = traced?.trace ?? null;
  const joints = useMemo(() => motorNames(environment), [environment]);
  const near = data.source && data.found ? data.found.actions : null;
  return (
    <section
      ref={ref}
      className="seeing"
      aria-labelledby="seeing-title"
      data-testid="seeing"
      data-step={traced?.step}
      data-near={near && data.isCurrent ? traced?.step : undefined}
    >
      <div className="seeing-head">
        <h2 id="seeing-title">From noise to the next action</h2>
        <DataChoice data={data} />
      </div>
      {hasCritic && <CandidatesControl />}
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

function CandidatesControl() {
  const candidates = useView('bodyCandidates');
  const hidden = useHidden('setup');
  if (hidden) return null;
  return (
    <div className="seeing-candidates">
      <Choice
        control="bodyCandidates"
        label="Candidates"
        value={candidates}
        options={CANDIDATES}
        onChange={(value) => setView({ bodyCandidates: value })}
      />
    </div>
  );
}

function DataChoice({ data: { sources, source, choose } }: { data: DataNear }) {
  if (sources.length === 0) return null;
  return (
    <label className="labelled" title="Whose actions in the nearest states are shown beside the policy’s.">
      <span className="control-label">Beside</span>
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

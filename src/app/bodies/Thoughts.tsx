/** The panel of what the policy on the stage thinks: its denoising of the state that the body is in. */
import { useEffect } from 'react';
import { useStore } from 'zustand';
import type { EnvironmentId } from '../../environments/ids.ts';
import { normalizedScore, d4rlReference } from '../../datasets/reference-returns.ts';
import type { Checkpoint } from '../../training/locomotion/checkpoint-file.ts';
import type { Evaluation } from '../../training/locomotion/evaluation.ts';
import { LOCOMOTION_METHODS } from '../../training/locomotion/methods.ts';
import { formatCount, formatFixed } from '../format.ts';
import { useSeen } from '../hooks/use-seen.ts';
import { DenoisingView } from '../seeing/DenoisingView.tsx';
import { DenoisingLegend } from '../seeing/DenoisingLegend.tsx';
import { NO_DATA, useDataNear, type DataNear } from '../seeing/use-data-near.ts';
import { useView } from '../stores/view-store.ts';
import { motorNames } from './ActionStrip.tsx';
import type { BodySession } from './body-session.ts';

interface ThoughtsProps {
  session: BodySession;
  environment: EnvironmentId;
  /** What made the policy; null until it is known. */
  made: Checkpoint | null;
}

export function Thoughts({ session, environment, made }: ThoughtsProps) {
  const [ref, seen] = useSeen<HTMLElement>();
  const traced = useStore(session.store, (state) => state.trace);
  const tables = useView('tables');
  useEffect(() => {
    session.watchTraces(seen);
    return () => session.watchTraces(false);
  }, [session, seen]);
  const data = useDataNear(environment, seen && traced ? traced.observation : null);
  const trace = traced?.trace ?? null;
  const near = data.source && data.found ? data.found.actions : null;
  return (
    <section ref={ref} className="seeing" aria-labelledby="seeing-title" data-testid="seeing" data-step={traced?.step}>
      <div className="seeing-head">
        <h2 id="seeing-title">From noise to the next action</h2>
        <DataChoice data={data} />
      </div>
      <DenoisingLegend
        draws={trace?.candidates ?? null}
        byQ={trace ? trace.values !== null : true}
        data={near ? data.found!.rows.length : null}
      />
      <DenoisingView trace={trace} joints={motorNames(environment)} near={near} tables={tables} />
      {data.trouble && <p className="hint">The data could not be read: {data.trouble}</p>}
      {made && <p className="hint">{madeWords(made)}</p>}
    </section>
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

/** How a policy came to be, and what it is worth. */
function madeWords({ experiment, dataset, step, notes }: Checkpoint): string {
  const { name } = LOCOMOTION_METHODS[experiment.method];
  const evaluations = (notes['evaluations'] as Evaluation[] | undefined) ?? [];
  const worth = evaluations.map(({ candidates, return: { value } }) => {
    const score = formatFixed(normalizedScore(value, d4rlReference(dataset.environment as EnvironmentId)), 0);
    return `${formatCount(value)} (score ${score}) with ${candidates} ${candidates === 1 ? 'candidate' : 'candidates'}`;
  });
  const returns = worth.length > 0 ? ` Mean return ${worth.join(', ')}` : '';
  const physics = typeof notes['physics'] === 'string' && worth.length > 0 ? `, in ${notes['physics']}.` : '';
  return `${name}, trained for ${formatCount(step)} steps on ${formatCount(dataset.rows)} rows that were collected here (${experiment.task}).${returns}${physics}`;
}

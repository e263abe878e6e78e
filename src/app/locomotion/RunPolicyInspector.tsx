/** What the policy that is trained thinks in the state of the body on the stage. Folded or off the screen it costs nothing. */
import { useMemo, useState } from 'react';
import type { EnvironmentId } from '../../environments/bodies/ids.ts';
import { LOCOMOTION_METHODS } from '../../locomotion/methods.ts';
import { motorNames } from '../shared/body/ActionStrip.tsx';
import type { BodySession } from '../shared/body/body-session.ts';
import { CandidatesChoice } from '../shared/policy-inspector/CandidatesChoice.tsx';
import { ThoughtsPanel } from '../shared/policy-inspector/PolicyInspectorPanel.tsx';
import { useLocomotion } from './locomotion-store.ts';
import { useHidden } from '../shared/view-store.ts';
import type { CandidatesChoice as Choosing } from '../shared/view.ts';
import { useTraining } from './training.ts';

interface PolicyThoughtsProps {
  session: BodySession;
  environment: EnvironmentId;
  /** Whether there is a policy. */
  thinks: boolean;
  acts: Choosing;
  onActs: (acts: Choosing) => void;
  onLooked: (looked: boolean) => void;
}

export function PolicyThoughts({ session, environment, thinks, acts, onActs, onLooked }: PolicyThoughtsProps) {
  const method = useLocomotion((state) => state.method);
  const dataset = useTraining((state) => state.run?.dataset ?? null);
  const joints = useMemo(() => motorNames(environment), [environment]);
  const [open, setOpen] = useState(true);
  const hidden = useHidden('denoising');
  const { name, isDiffusion, hasCritic } = LOCOMOTION_METHODS[method];
  if (hidden || !isDiffusion) return null;
  return (
    <details
      className="run-card thoughts-card"
      open={open}
      data-testid="thoughts"
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <h2 id="thoughts-title">From noise to the next action</h2>
      </summary>
      {open && thinks && (
        <ThoughtsPanel
          body={session}
          environment={environment}
          joints={joints}
          labelledBy="thoughts-title"
          data={dataset}
          onLooked={onLooked}
        >
          {hasCritic && <CandidatesChoice value={acts} onChange={onActs} />}
        </ThoughtsPanel>
      )}
      {open && !thinks && (
        <p className="chart-empty">
          Once a run trains: how {name} denoises in the state that the body is in, joint by joint, beside what the data
          did there.
        </p>
      )}
    </details>
  );
}

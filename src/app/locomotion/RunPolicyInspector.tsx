/** The policy inspector of the locomotion page. It costs nothing while it is folded or off the screen. */
import { useMemo, useState } from 'react';
import type { EnvironmentId } from '../../environments/bodies/ids.ts';
import { LOCOMOTION_METHODS } from '../../locomotion/methods.ts';
import { motorNames } from '../shared/body/ActionStrip.tsx';
import type { BodySession } from '../shared/body/body-session.ts';
import { CandidatesControl } from '../shared/policy-inspector/CandidatesControl.tsx';
import { PolicyInspectorPanel } from '../shared/policy-inspector/PolicyInspectorPanel.tsx';
import { useLocomotion } from './locomotion-store.ts';
import { useHidden } from '../shared/view-store.ts';
import type { CandidatesChoice } from '../shared/view.ts';
import { useTraining } from './training-store.ts';

interface RunPolicyInspectorProps {
  session: BodySession;
  environment: EnvironmentId;
  /** Whether there is a policy. */
  hasPolicy: boolean;
  acts: CandidatesChoice;
  onActs: (acts: CandidatesChoice) => void;
  onVisible: (visible: boolean) => void;
}

export function RunPolicyInspector({
  session,
  environment,
  hasPolicy,
  acts,
  onActs,
  onVisible,
}: RunPolicyInspectorProps) {
  const method = useLocomotion((state) => state.method);
  const dataset = useTraining((state) => state.run?.dataset ?? null);
  const joints = useMemo(() => motorNames(environment), [environment]);
  const [open, setOpen] = useState(true);
  const hidden = useHidden('denoising');
  const { name, isDiffusion, hasCritic } = LOCOMOTION_METHODS[method];
  if (hidden || !isDiffusion) return null;
  return (
    <details
      className="run-card inspector-card"
      open={open}
      data-testid="inspector-card"
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <h2 id="inspector-title">From noise to the next action</h2>
      </summary>
      {open && hasPolicy && (
        <PolicyInspectorPanel
          body={session}
          environment={environment}
          joints={joints}
          labelledBy="inspector-title"
          data={dataset}
          onVisible={onVisible}
        >
          {hasCritic && <CandidatesControl value={acts} onChange={onActs} />}
        </PolicyInspectorPanel>
      )}
      {open && !hasPolicy && (
        <p className="chart-empty">
          Once a run trains: how {name} denoises in the present state of the body, joint by joint, beside what the data
          did there.
        </p>
      )}
    </details>
  );
}

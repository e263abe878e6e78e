/** The policy inspector of the bodies page. */
import { useMemo } from 'react';
import type { EnvironmentId } from '../../environments/bodies/ids.ts';
import { CandidatesControl } from '../shared/policy-inspector/CandidatesControl.tsx';
import { PolicyInspectorPanel } from '../shared/policy-inspector/PolicyInspectorPanel.tsx';
import { setView, useView } from '../shared/view-store.ts';
import { motorNames } from '../shared/body/ActionStrip.tsx';
import type { BodySession } from '../shared/body/body-session.ts';

interface PolicyInspectorProps {
  session: BodySession;
  environment: EnvironmentId;
  /** Whether the policy can choose among candidates by a Q. */
  hasCritic: boolean;
}

export function PolicyInspector({ session, environment, hasCritic }: PolicyInspectorProps) {
  const joints = useMemo(() => motorNames(environment), [environment]);
  const candidates = useView('bodyCandidates');
  return (
    <PolicyInspectorPanel
      body={session}
      environment={environment}
      joints={joints}
      title="From noise to the next action"
    >
      {hasCritic && <CandidatesControl value={candidates} onChange={(value) => setView({ bodyCandidates: value })} />}
    </PolicyInspectorPanel>
  );
}

/** The bodies page: a body on a stage, the policy that moves it, and its return. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { ControlHelp } from '../shared/controls/ControlHelp.tsx';
import { PageHeader } from '../shared/layout/PageHeader.tsx';
import { RepairNotice } from '../shared/notices/RepairNotice.tsx';
import { useReducedMotion } from '../shared/plots/reduced-motion.ts';
import { useTheme } from '../shared/hooks/use-theme.ts';
import { useNavigation } from '../shared/navigation.ts';
import { keepForOffline } from '../shared/offline.ts';
import type { ViewKind } from '../shared/stage/open-view.ts';
import { Stage } from '../shared/stage/Stage.tsx';
import { useHidden, useView } from '../shared/view-store.ts';
import { ActionStrip } from '../shared/body/ActionStrip.tsx';
import { BODY_NAMES } from '../../environments/bodies/ids.ts';
import { BODY_CONTROLS } from './copy.ts';
import { BodyControls, BodySetup } from './BodyControls.tsx';
import { BodySession } from '../shared/body/body-session.ts';
import './bodies.css';
import { useActingPolicy } from '../shared/body/acting-policy.ts';
import { policyOriginText } from './policy-origin-text.ts';
import { chosenPolicy, policyChoices, useShippedPolicies, useTrainedPolicies } from '../shared/body/policies.ts';
import { endSentence, Readouts } from './Readouts.tsx';
import { PolicyInspector } from './PolicyInspector.tsx';
import { useBodyKeys } from './use-body-keys.ts';

/** @param onReady called once a body is on the stage, or has failed to load. */
export function BodiesPage({ onReady }: { onReady: () => void }) {
  const [session] = useState(() => new BodySession(keepForOffline));
  useEffect(() => () => session.end(), [session]);
  return <OpenPage session={session} onReady={onReady} />;
}

function OpenPage({ session, onReady }: { session: BodySession; onReady: () => void }) {
  useTheme();
  useBodyKeys(session);
  const { goTo } = useNavigation();
  const environment = useView('body');
  const variant = useView('physics');
  const seed = useView('bodySeed');
  const policyId = useView('policy');
  const choice = useView('stage');
  const test = useView('test');
  const startsPaused = useReducedMotion() || test;
  const files = useShippedPolicies();
  const listed = useTrainedPolicies();
  const candidates = useView('bodyCandidates');
  const status = useStore(session.store, (state) => state.status);
  const step = useStore(session.store, (state) => state.facts.step);
  const [kind, setKind] = useState<ViewKind | null>(null);
  const [slow, setSlow] = useState(false);
  const [viewError, setViewError] = useState<string | null>(null);

  const choices = useMemo(
    () => (files && listed ? policyChoices(files, listed, environment) : null),
    [files, listed, environment],
  );
  const chosen = useMemo(() => choices && chosenPolicy(choices, policyId), [choices, policyId]);
  const { policy, checkpoint, hasCritic, error: policyError } = useActingPolicy(chosen, candidates);
  const inspectorHidden = useHidden('denoising');
  const showsInspector = policy?.kind === 'diffusion' && !inspectorHidden;
  useEffect(() => {
    if (policy) session.open({ environment, variant, seed, policy });
  }, [session, environment, variant, seed, policy]);
  const onKind = useCallback((opened: ViewKind) => {
    setKind(opened);
    // The code of the view is loaded by now and can be cached.
    keepForOffline([]);
  }, []);
  const source = useMemo(() => session.sourceFor(environment), [session, environment]);

  const shown =
    status === 'failed' || policyError !== null || (status === 'ready' && (kind !== null || viewError !== null));
  const started = useRef(false);
  useEffect(() => {
    if (!shown || started.current) return;
    started.current = true;
    onReady();
    // Starts at once, unless reduced motion is preferred.
    if (!startsPaused) session.play();
  }, [shown, startsPaused, session, onReady]);

  return (
    <div className="page bodies-page">
      <PageHeader claim="Three bodies of Gym, in real MuJoCo, in your browser." />
      <ErrorNotices session={session} viewError={viewError} slow={slow} policyError={policyError} />
      <main className="bodies">
        <BodyControls session={session} kind={kind} />
        <BodySetup session={session} choices={choices} chosen={chosen} />
        <div className="bodies-scene" data-split={showsInspector || undefined}>
          <Stage
            source={source}
            choice={choice}
            label={`${BODY_NAMES[environment].label}, ${kind === '2d' ? 'from the side' : 'in 3D'}. The arrow keys push it; ${kind === '2d' ? '' : 'Shift and the arrow keys turn the view, '}plus and minus zoom, 0 resets the view.`}
            onKind={onKind}
            onSlow={() => setSlow(true)}
            onError={(error) => setViewError(error instanceof Error ? error.message : String(error))}
          >
            <Readouts session={session} environment={environment} variant={variant} />
          </Stage>
          {showsInspector && <PolicyInspector session={session} environment={environment} hasCritic={hasCritic} />}
        </div>
        <section className="body-actions" aria-label="Actions">
          <ActionStrip environment={environment} history={session.history} step={step} />
        </section>
        <p className="hint body-hint">
          {checkpoint && <>{policyOriginText(checkpoint)} </>}
          Drag the body to pull it{kind === '2d' ? '' : ', drag beside it to turn the view'}. Datasets of these bodies
          can be{' '}
          <button type="button" className="link" data-testid="to-collect" onClick={() => goTo('datasets')}>
            collected on the datasets page
          </button>
          .
        </p>
      </main>
      <EndRegion session={session} />
      <ControlHelp controls={BODY_CONTROLS} />
    </div>
  );
}

function EndRegion({ session }: { session: BodySession }) {
  const last = useStore(session.store, (state) => state.last);
  return (
    <div className="visually-hidden" role="status" aria-live="polite" data-testid="live-region">
      {last && endSentence(last)}
    </div>
  );
}

interface ErrorNoticesProps {
  session: BodySession;
  /** Why no view could be opened. */
  viewError: string | null;
  slow: boolean;
  /** Why the policy could not be loaded. */
  policyError: string | null;
}

function ErrorNotices({ session, viewError, slow, policyError }: ErrorNoticesProps) {
  const error = useStore(session.store, (state) => state.error);
  return (
    <div className="notices">
      {error !== null && (
        <div className="notice danger" role="alert" data-testid="body-error">
          <p>
            <b>The bodies do not run here.</b> <span className="error-text">{error}</span> The other pages do not need
            this physics engine.
          </p>
        </div>
      )}
      {policyError !== null && (
        <div className="notice danger" role="alert" data-testid="policy-error">
          <p>
            <b>The policy could not be fetched.</b> <span className="error-text">{policyError}</span> Choose another, or
            reload the page.
          </p>
        </div>
      )}
      {viewError !== null && (
        <div className="notice danger" role="alert">
          <p>
            <b>The stage could not be drawn.</b> <span className="error-text">{viewError}</span>
          </p>
        </div>
      )}
      {slow && (
        <div className="notice" role="status" data-testid="slow-note">
          <p>The 3D view was slow on this machine, so the body is shown from the side.</p>
        </div>
      )}
      <RepairNotice />
    </div>
  );
}

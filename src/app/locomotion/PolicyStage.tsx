/** The body, moved by the present policy of the run, and the policy inspector. */
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { LOCOMOTION_METHODS } from '../../locomotion/methods.ts';
import { LOCOMOTION_TASKS } from '../../locomotion/tasks.ts';
import { BODY_NAMES } from '../../environments/bodies/ids.ts';
import { BodySession } from '../shared/body/body-session.ts';
import { Icon } from '../shared/controls/icons.tsx';
import { formatCount, formatFixed } from '../shared/format.ts';
import { keepForOffline } from '../shared/offline.ts';
import { useReducedMotion } from '../shared/plots/reduced-motion.ts';
import { Stage } from '../shared/stage/Stage.tsx';
import { useLocomotion } from './locomotion-store.ts';
import { useView } from '../shared/view-store.ts';
import type { CandidatesChoice } from '../shared/view.ts';
import { RunPolicyInspector } from './RunPolicyInspector.tsx';
import { useShownPolicy } from './use-shown-policy.ts';

/** Interval between two traces: long, since training needs the cores. */
const TRACE_MS = 1000;

/** @param onShown called once the stage has drawn, or has failed to. */
export function PolicyStage({ onShown }: { onShown: () => void }) {
  const [session] = useState(() => new BodySession(keepForOffline, undefined, TRACE_MS));
  useEffect(() => () => session.end(), [session]);
  const task = useLocomotion((state) => state.task);
  const { environment } = LOCOMOTION_TASKS[task];
  const choice = useView('stage');
  const test = useView('test');
  const startsPaused = useReducedMotion() || test;
  const [viewError, setViewError] = useState<string | null>(null);
  const status = useStore(session.store, (state) => state.status);
  const error = useStore(session.store, (state) => state.error);
  const source = useMemo(() => session.sourceFor(environment), [session, environment]);
  const method = useLocomotion((state) => state.method);
  const { name, isDiffusion } = LOCOMOTION_METHODS[method];
  const [acts, setActs] = useState<CandidatesChoice>('1');
  const [inspected, setInspected] = useState(false);
  const policy = useShownPolicy(session, environment, acts, inspected);
  const [viewOpen, setViewOpen] = useState(false);
  const onKind = useCallback(() => setViewOpen(true), []);
  const shown = status === 'failed' || (status === 'ready' && (viewOpen || viewError !== null));
  useEffect(() => {
    if (!shown) return;
    onShown();
    if (!startsPaused) session.play();
  }, [shown, startsPaused, session, onShown]);
  return (
    <>
      <section className="run-card stage-card" aria-labelledby="stage-title">
        <header>
          <h2 id="stage-title">The body</h2>
          <p className="muted" data-testid="policy-step" data-step={policy?.step}>
            {policy === null ? 'No policy yet' : `Policy of step ${formatCount(policy.step)}`}
          </p>
        </header>
        {(viewError ?? error) !== null && <p className="error-text">{viewError ?? error}</p>}
        <Stage
          source={source}
          choice={choice}
          label={`${BODY_NAMES[environment].label}, moved by the policy that is trained. The arrow keys push it.`}
          onKind={onKind}
          onError={(cause) => setViewError(cause instanceof Error ? cause.message : String(cause))}
        >
          <StageReadout session={session} />
        </Stage>
        {!isDiffusion && (
          <p className="hint" data-testid="no-denoising">
            {name} gives its action at once, without denoising: there are no steps from noise to show.
          </p>
        )}
      </section>
      <RunPolicyInspector
        session={session}
        environment={environment}
        hasPolicy={policy !== null}
        acts={acts}
        onActs={setActs}
        onVisible={setInspected}
      />
    </>
  );
}

function StageReadout({ session }: { session: BodySession }) {
  const facts = useStore(session.store, (state) => state.facts);
  const playing = useStore(session.store, (state) => state.playing);
  const ready = useStore(session.store, (state) => state.status === 'ready');
  return (
    <div className="stage-line">
      <button
        type="button"
        className="square"
        disabled={!ready}
        aria-label={playing ? 'Pause the body' : 'Play the body'}
        data-testid="stage-toggle"
        onClick={() => session.toggle()}
      >
        <Icon name={playing ? 'pause' : 'play'} />
      </button>
      <p>
        {formatFixed(facts.speed, 1)} m/s forward, step {formatCount(facts.step)} of the episode
        {facts.end === 'fall' && <b>: it fell</b>}
      </p>
    </div>
  );
}

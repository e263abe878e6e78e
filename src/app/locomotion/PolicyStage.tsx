/** The body, moved by the policy as it is now, and what that policy thinks. */
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
import { PolicyThoughts } from './RunPolicyInspector.tsx';
import { useShownPolicy } from './use-shown-policy.ts';

/** Between two traces: training needs the cores more. */
const TRACE_MS = 1000;

/** @param onSeen told once there is a picture, or it is known that none will be. */
export function PolicyStage({ onSeen }: { onSeen: () => void }) {
  const [session] = useState(() => new BodySession(keepForOffline, undefined, TRACE_MS));
  useEffect(() => () => session.end(), [session]);
  const task = useLocomotion((state) => state.task);
  const { environment } = LOCOMOTION_TASKS[task];
  const choice = useView('stage');
  const test = useView('test');
  const still = useReducedMotion() || test;
  const [blind, setBlind] = useState<string | null>(null);
  const status = useStore(session.store, (state) => state.status);
  const trouble = useStore(session.store, (state) => state.trouble);
  const source = useMemo(() => session.sourceFor(environment), [session, environment]);
  const method = useLocomotion((state) => state.method);
  const { name, isDiffusion } = LOCOMOTION_METHODS[method];
  const [acts, setActs] = useState<CandidatesChoice>('1');
  const [looked, setLooked] = useState(false);
  const policy = useShownPolicy(session, environment, acts, looked);
  const [kind, setKind] = useState(false);
  const show = useCallback(() => setKind(true), []);
  const seen = status === 'failed' || (status === 'ready' && (kind || blind !== null));
  useEffect(() => {
    if (!seen) return;
    onSeen();
    if (!still) session.play();
  }, [seen, still, session, onSeen]);
  return (
    <>
      <section className="run-card stage-card" aria-labelledby="stage-title">
        <header>
          <h2 id="stage-title">The body</h2>
          <p className="muted" data-testid="policy-step" data-step={policy?.step}>
            {policy === null ? 'No policy yet' : `Policy of step ${formatCount(policy.step)}`}
          </p>
        </header>
        {(blind ?? trouble) !== null && <p className="error-text">{blind ?? trouble}</p>}
        <Stage
          source={source}
          choice={choice}
          label={`${BODY_NAMES[environment].label}, moved by the policy that is trained. The arrow keys push it.`}
          onKind={show}
          onTrouble={(error) => setBlind(error instanceof Error ? error.message : String(error))}
        >
          <StageWords session={session} />
        </Stage>
        {!isDiffusion && (
          <p className="hint" data-testid="no-denoising">
            {name} gives its action at once, without denoising: there is no way from noise to be seen.
          </p>
        )}
      </section>
      <PolicyThoughts
        session={session}
        environment={environment}
        thinks={policy !== null}
        acts={acts}
        onActs={setActs}
        onLooked={setLooked}
      />
    </>
  );
}

function StageWords({ session }: { session: BodySession }) {
  const facts = useStore(session.store, (state) => state.facts);
  const playing = useStore(session.store, (state) => state.playing);
  const ready = useStore(session.store, (state) => state.status === 'ready');
  return (
    <div className="stage-line">
      <button
        type="button"
        className="square"
        disabled={!ready}
        aria-label={playing ? 'Let the body rest' : 'Let the body move'}
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

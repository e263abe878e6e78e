/** The body, moved by the policy as it is now. */
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { DEFAULT_VARIANT } from '../../environments/physics-variant.ts';
import { zeroPolicy } from '../../environments/rollouts/policy.ts';
import { LOCOMOTION_TASKS } from '../../training/locomotion/tasks.ts';
import { BODY_NAMES } from '../bodies/body-names.ts';
import { BodySession } from '../bodies/body-session.ts';
import { Icon } from '../controls/icons.tsx';
import { formatCount, formatFixed } from '../format.ts';
import { keepForOffline } from '../offline.ts';
import { useReducedMotion } from '../plots/reduced-motion.ts';
import { Stage } from '../stage/Stage.tsx';
import { useLocomotion } from '../stores/locomotion-store.ts';
import { useView } from '../stores/view-store.ts';
import { shownPolicy, useTraining } from './training.ts';

/** How often the policy on show is replaced by what it has become. */
const FRESH_MS = 2000;

/** @param onSeen told once there is a picture, or it is known that none will be. */
export function PolicyStage({ onSeen }: { onSeen: () => void }) {
  const [session] = useState(() => new BodySession(keepForOffline));
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
  const policyStep = usePolicy(session, environment);
  const [kind, setKind] = useState(false);
  const show = useCallback(() => setKind(true), []);
  const seen = status === 'failed' || (status === 'ready' && (kind || blind !== null));
  useEffect(() => {
    if (!seen) return;
    onSeen();
    if (!still) session.play();
  }, [seen, still, session, onSeen]);
  return (
    <section className="run-card stage-card" aria-labelledby="stage-title">
      <header>
        <h2 id="stage-title">The body</h2>
        <p className="muted" data-testid="policy-step" data-step={policyStep ?? undefined}>
          {policyStep === null ? 'No policy yet' : `Policy of step ${formatCount(policyStep)}`}
        </p>
      </header>
      {(blind ?? trouble) !== null && <p className="error-text">{blind ?? trouble}</p>}
      <Stage
        source={source}
        choice={choice}
        label={`${BODY_NAMES[environment]}, moved by the policy that is trained. The arrow keys push it.`}
        onKind={show}
        onTrouble={(error) => setBlind(error instanceof Error ? error.message : String(error))}
      >
        <StageWords session={session} />
      </Stage>
    </section>
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

/** Gives the body the policy of the run on show, again and again while it trains. Answers with that policy's step. */
function usePolicy(session: BodySession, environment: 'hopper' | 'halfcheetah' | 'walker2d'): number | null {
  const key = useTraining((state) => state.run?.key ?? null);
  const running = useTraining((state) => state.status === 'running');
  const [shown, setShown] = useState<{ key: string; step: number } | null>(null);
  useEffect(() => {
    session.open({ environment, variant: DEFAULT_VARIANT, seed: 0, policy: zeroPolicy(environment) });
  }, [session, environment, key]);
  useEffect(() => {
    if (key === null) return undefined;
    let gone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const renew = async () => {
      try {
        if (!document.hidden) {
          const fresh = await shownPolicy();
          if (gone || !fresh) return;
          session.setPolicy(fresh.policy);
          setShown({ key, step: fresh.step });
        }
      } catch (error) {
        // The run that is opened or closed at this moment has none; the next look may find one.
        console.info('No policy to show:', error);
      }
      if (!gone && running) timer = setTimeout(() => void renew(), FRESH_MS);
    };
    void renew();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [session, key, running, environment]);
  return shown?.key === key ? shown.step : null;
}

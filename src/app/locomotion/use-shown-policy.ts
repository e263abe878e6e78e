/** Gives a body the policy of the run on show, again and again while it trains. */
import { useEffect, useState } from 'react';
import { DEFAULT_VARIANT } from '../../environments/physics-variant.ts';
import { SHOWN_CANDIDATES } from '../../environments/rollouts/denoising-trace.ts';
import type { NetworkPolicy } from '../../environments/rollouts/network-policy.ts';
import { zeroPolicy } from '../../environments/rollouts/policy.ts';
import type { EnvironmentId } from '../../environments/bodies/ids.ts';
import { actsOn } from '../shared/body/acting-policy.ts';
import type { BodySession } from '../shared/body/body-session.ts';
import type { CandidatesChoice } from '../shared/view.ts';
import { shownPolicy, useTraining } from './training.ts';

/** How often the policy on show is replaced by what it has become. */
const FRESH_MS = 2000;

export interface ShownPolicy {
  key: string;
  step: number;
  policy: NetworkPolicy;
}

/**
 * The policy that moves the body; null while it rests without one.
 *
 * @param acts how a policy with critics acts.
 * @param withCritics whether they are wanted though one draw acts: their Q is shown.
 */
export function useShownPolicy(
  session: BodySession,
  environment: EnvironmentId,
  acts: CandidatesChoice,
  withCritics: boolean,
): ShownPolicy | null {
  const key = useTraining((state) => state.run?.key ?? null);
  const running = useTraining((state) => state.status === 'running');
  const [shown, setShown] = useState<ShownPolicy | null>(null);
  const candidates = withCritics || acts !== '1' ? SHOWN_CANDIDATES : 1;
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
          const fresh = await shownPolicy({ candidates });
          if (gone || !fresh) return;
          setShown({ key, ...fresh });
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
  }, [session, key, running, environment, candidates]);
  const current = shown?.key === key ? shown : null;
  const policy = current?.policy ?? null;
  useEffect(() => {
    if (policy) session.setPolicy(actsOn(policy, acts));
  }, [session, policy, acts, environment]);
  return current;
}

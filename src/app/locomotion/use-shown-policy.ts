/** Gives a body the policy of the shown run, and updates it during training. */
import { useEffect, useState } from 'react';
import { DEFAULT_VARIANT } from '../../environments/physics-variant.ts';
import { SHOWN_CANDIDATES } from '../../environments/rollouts/denoising-trace.ts';
import type { NetworkPolicy } from '../../environments/rollouts/network-policy.ts';
import { zeroPolicy } from '../../environments/rollouts/policy.ts';
import type { EnvironmentId } from '../../environments/bodies/ids.ts';
import { withCandidates } from '../shared/body/acting-policy.ts';
import type { BodySession } from '../shared/body/body-session.ts';
import type { CandidatesChoice } from '../shared/view.ts';
import { useTraining } from './training-store.ts';
import { shownPolicy } from './training.ts';

/** Interval between updates of the policy. */
const UPDATE_MS = 2000;

interface ShownPolicy {
  key: string;
  step: number;
  policy: NetworkPolicy;
}

/**
 * The policy that moves the body; null without one.
 *
 * @param acts how a policy with critics acts.
 * @param withCritics whether to load the critics even if one sample acts, to show their Q.
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
    const refresh = async () => {
      try {
        if (!document.hidden) {
          const fresh = await shownPolicy({ candidates });
          if (gone || !fresh) return;
          setShown({ key, ...fresh });
        }
      } catch (error) {
        // A run that is being opened or closed has no policy; the next attempt may succeed.
        console.info('No policy to show:', error);
      }
      if (!gone && running) timer = setTimeout(() => void refresh(), UPDATE_MS);
    };
    void refresh();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [session, key, running, environment, candidates]);
  const current = shown?.key === key ? shown : null;
  const policy = current?.policy ?? null;
  useEffect(() => {
    if (policy) session.setPolicy(withCandidates(policy, acts));
  }, [session, policy, acts, environment]);
  return current;
}

/** The policy that acts: as it is chosen, fetched where a file holds it. */
import { useEffect, useMemo, useState } from 'react';
import { SHOWN_CANDIDATES } from '../../../environments/rollouts/denoising-trace.ts';
import type { NetworkPolicy } from '../../../environments/rollouts/network-policy.ts';
import type { Policy } from '../../../environments/rollouts/policy.ts';
import type { Checkpoint } from '../../../locomotion/checkpoint-file.ts';
import { policyOf } from '../../../locomotion/policy.ts';
import { fetchPolicyFile } from '../../../locomotion/shipped-policies.ts';
import type { CandidatesChoice } from '../view.ts';
import type { PolicyChoice } from './policies.ts';

export interface ActingPolicy {
  /** Null until it is there. */
  policy: Policy | null;
  /** What made it, of one that was trained on data. */
  made: Checkpoint | null;
  /** Whether it can choose among candidates. */
  hasCritic: boolean;
  /** Why it cannot be had. */
  trouble: string | null;
}

interface Fetched {
  file: string;
  made: Checkpoint;
  policy: NetworkPolicy;
}

const fetched = new Map<string, Promise<Fetched>>();

function fetchPolicy(file: string): Promise<Fetched> {
  const known = fetched.get(file);
  if (known) return known;
  const coming = fetchPolicyFile('../../bodies/', file).then((made) => ({
    file,
    made,
    policy: policyOf(made, { candidates: SHOWN_CANDIDATES }),
  }));
  fetched.set(file, coming);
  coming.catch(() => fetched.delete(file));
  return coming;
}

export function useActingPolicy(chosen: PolicyChoice | null, candidates: CandidatesChoice): ActingPolicy {
  const file = chosen?.source.kind === 'file' ? chosen.source.listed.file : null;
  const [found, setFound] = useState<Fetched | null>(null);
  const [trouble, setTrouble] = useState<{ file: string; why: string } | null>(null);
  useEffect(() => {
    if (file === null) return undefined;
    let gone = false;
    fetchPolicy(file).then(
      (policy) => gone || setFound(policy),
      (error: unknown) => {
        if (!gone) setTrouble({ file, why: error instanceof Error ? error.message : String(error) });
      },
    );
    return () => {
      gone = true;
    };
  }, [file]);

  return useMemo(() => {
    const nothing = { made: null, hasCritic: false, trouble: null };
    if (chosen?.source.kind === 'known') return { ...nothing, policy: chosen.source.policy };
    const why = trouble?.file === file ? trouble.why : null;
    if (found === null || found.file !== file) return { ...nothing, policy: null, trouble: why };
    const { policy, made } = found;
    return { policy: actsOn(policy, candidates), made, hasCritic: hasCritics(policy), trouble: null };
  }, [chosen, file, found, trouble, candidates]);
}

function hasCritics(policy: NetworkPolicy): boolean {
  return policy.kind === 'diffusion' && policy.critics !== undefined;
}

/** The policy with that choice; one without critics has no choice, and is as it is. */
export function actsOn(policy: NetworkPolicy, candidates: CandidatesChoice): NetworkPolicy {
  if (policy.kind !== 'diffusion' || policy.critics === undefined) return policy;
  if (candidates === '1') return { ...policy, candidates: 1 };
  return { ...policy, candidates: SHOWN_CANDIDATES, choice: candidates };
}

/** The policy that acts, fetched if it is stored in a file. */
import { useEffect, useMemo, useState } from 'react';
import { SHOWN_CANDIDATES } from '../../../environments/rollouts/denoising-trace.ts';
import type { NetworkPolicy } from '../../../environments/rollouts/network-policy.ts';
import type { Policy } from '../../../environments/rollouts/policy.ts';
import type { Checkpoint } from '../../../locomotion/checkpoint-file.ts';
import { policyOf } from '../../../locomotion/policy.ts';
import { fetchPolicyFile } from '../../../locomotion/shipped-policies.ts';
import type { CandidatesChoice } from '../view.ts';
import type { PolicyChoice } from './policies.ts';

interface ActingPolicy {
  /** Null until it is loaded. */
  policy: Policy | null;
  /** The checkpoint of a policy that was trained on data. */
  checkpoint: Checkpoint | null;
  /** Whether it can choose among candidates by Q. */
  hasCritic: boolean;
  /** Why it could not be loaded. */
  error: string | null;
}

interface Fetched {
  file: string;
  checkpoint: Checkpoint;
  policy: NetworkPolicy;
}

const fetched = new Map<string, Promise<Fetched>>();

function fetchPolicy(file: string): Promise<Fetched> {
  const known = fetched.get(file);
  if (known) return known;
  const loading = fetchPolicyFile('./', file).then((checkpoint) => ({
    file,
    checkpoint,
    policy: policyOf(checkpoint, { candidates: SHOWN_CANDIDATES }),
  }));
  fetched.set(file, loading);
  loading.catch(() => fetched.delete(file));
  return loading;
}

export function useActingPolicy(chosen: PolicyChoice | null, candidates: CandidatesChoice): ActingPolicy {
  const file = chosen?.source.kind === 'file' ? chosen.source.listed.file : null;
  const [found, setFound] = useState<Fetched | null>(null);
  const [failure, setFailure] = useState<{ file: string; why: string } | null>(null);
  useEffect(() => {
    if (file === null) return undefined;
    let gone = false;
    fetchPolicy(file).then(
      (policy) => gone || setFound(policy),
      (error: unknown) => {
        if (!gone) setFailure({ file, why: error instanceof Error ? error.message : String(error) });
      },
    );
    return () => {
      gone = true;
    };
  }, [file]);

  return useMemo(() => {
    const nothing = { checkpoint: null, hasCritic: false, error: null };
    if (chosen?.source.kind === 'known') return { ...nothing, policy: chosen.source.policy };
    const why = failure?.file === file ? failure.why : null;
    if (found === null || found.file !== file) return { ...nothing, policy: null, error: why };
    const { policy, checkpoint } = found;
    return { policy: withCandidates(policy, candidates), checkpoint, hasCritic: hasCritics(policy), error: null };
  }, [chosen, file, found, failure, candidates]);
}

function hasCritics(policy: NetworkPolicy): boolean {
  return policy.kind === 'diffusion' && policy.critics !== undefined;
}

/** The policy with that choice of candidates; one without critics is returned unchanged. */
export function withCandidates(policy: NetworkPolicy, candidates: CandidatesChoice): NetworkPolicy {
  if (policy.kind !== 'diffusion' || policy.critics === undefined) return policy;
  if (candidates === '1') return { ...policy, candidates: 1 };
  return { ...policy, candidates: SHOWN_CANDIDATES, choice: candidates };
}

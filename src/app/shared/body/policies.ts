/** The policies that can act on the stage. */
import { useEffect, useState } from 'react';
import { zeroPolicy, type Policy } from '../../../environments/rollouts/policy.ts';
import type { EnvironmentId } from '../../../environments/bodies/ids.ts';
import { normalizedScore } from '../../../datasets/reference-returns.ts';
import { BODIES } from '../../../environments/bodies/index.ts';
import { fetchShipped, shippedOf, type ShippedFile } from '../../../collection/shipped.ts';
import { LOCOMOTION_METHODS } from '../../../locomotion/methods.ts';
import { fetchPolicyIndex, type ListedPolicy } from '../../../locomotion/shipped-policies.ts';
import { formatFixed } from '../format.ts';
import { BEST_POLICY } from '../view.ts';

/** Headings of the list, by the origin of a policy. */
export const POLICY_GROUPS = {
  trained: 'Trained on data collected here',
  behaviour: 'Behaviour policies',
  plain: 'Without training',
} as const;

export interface PolicyChoice {
  /** As in the link. */
  id: string;
  group: keyof typeof POLICY_GROUPS;
  label: string;
  /** The policy, or the shipped file that stores it. */
  source: { kind: 'known'; policy: Policy } | { kind: 'file'; listed: ListedPolicy };
  /** Normalised score of its evaluation; null if it was not evaluated. */
  score: number | null;
}

/** Policies trained on data first (Diffusion-QL at the top), then the behaviour policies, then those without training. */
export function policyChoices(
  files: readonly ShippedFile[],
  listed: readonly ListedPolicy[],
  environment: EnvironmentId,
): PolicyChoice[] {
  const known = (policy: Policy) => ({ kind: 'known', policy }) as const;
  const behaviour = shippedOf(files, environment).flatMap(({ policies: { made, policies } }) =>
    policies.map(({ level, score, policy }): PolicyChoice => {
      const name = level === 'expert' ? 'Expert' : 'Medium';
      return {
        id: `${level}-${made.seed}`,
        group: 'behaviour',
        label: `${name}, seed ${made.seed} (score ${formatFixed(score, 0)})`,
        source: known(policy),
        score,
      };
    }),
  );
  const trained = listed.filter((policy) => policy.environment === environment).map(trainedChoice);
  const byScore = (a: PolicyChoice, b: PolicyChoice) => (b.score ?? 0) - (a.score ?? 0);
  const isFirst = ({ source }: PolicyChoice) => source.kind === 'file' && source.listed.method === 'diffusion-ql';
  return [
    ...trained.sort((a, b) => Number(isFirst(b)) - Number(isFirst(a)) || byScore(a, b)),
    ...behaviour.sort(byScore),
    { id: 'random', group: 'plain', label: 'Random actions', source: known({ kind: 'uniform' }), score: null },
    { id: 'zero', group: 'plain', label: 'No actions', source: known(zeroPolicy(environment)), score: null },
  ];
}

function trainedChoice(listed: ListedPolicy): PolicyChoice {
  const score = normalizedScore(listed.return, BODIES[listed.environment].referenceReturns);
  return {
    id: listed.file.replace(/\.safetensors$/, ''),
    group: 'trained',
    label: `${LOCOMOTION_METHODS[listed.method].name} (score ${formatFixed(score, 0)})`,
    source: { kind: 'file', listed },
    score,
  };
}

/** The choice that a link names, or the first one if the body has none of that name. */
export function chosenPolicy(choices: readonly PolicyChoice[], id: string): PolicyChoice {
  const found = id === BEST_POLICY ? undefined : choices.find((choice) => choice.id === id);
  return found ?? choices[0]!;
}

/** What the host ships: null until it is known, empty if it cannot be fetched. */
function useFetched<Value>(fetcher: { get: () => Promise<readonly Value[]> }): readonly Value[] | null {
  const [found, setFound] = useState<readonly Value[] | null>(null);
  useEffect(() => {
    let gone = false;
    fetcher.get().then(
      (values) => gone || setFound(values),
      (error: unknown) => {
        console.info('No shipped policies:', error);
        if (!gone) setFound([]);
      },
    );
    return () => {
      gone = true;
    };
  }, [fetcher]);
  return found;
}

/** Caches a fetch; a failed one is repeated at the next call. */
function cached<Value>(fetchAll: () => Promise<Value>): { get: () => Promise<Value> } {
  let fetched: Promise<Value> | null = null;
  return {
    get: () => {
      fetched ??= fetchAll();
      fetched.catch(() => {
        fetched = null;
      });
      return fetched;
    },
  };
}

const BEHAVIOUR = cached(() => fetchShipped('./'));
const TRAINED = cached(() => fetchPolicyIndex('./'));

/** Shipped behaviour policies: null until they are known, empty if they cannot be fetched. */
export function useShippedPolicies(): readonly ShippedFile[] | null {
  return useFetched(BEHAVIOUR);
}

/** The list of policies trained on data: null until it is known, empty if it cannot be fetched. */
export function useTrainedPolicies(): readonly ListedPolicy[] | null {
  return useFetched(TRAINED);
}

/** The policies that can move a body on the stage. */
import { useEffect, useState } from 'react';
import { zeroPolicy, type Policy } from '../../environments/rollouts/policy.ts';
import type { EnvironmentId } from '../../environments/tasks.ts';
import { fetchShipped, shippedOf, type ShippedFile } from '../../training/behaviour/shipped.ts';
import { formatFixed } from '../format.ts';
import { BEST_POLICY } from '../view.ts';

export interface PolicyChoice {
  /** As in the link. */
  id: string;
  label: string;
  policy: Policy;
  /** Normalised, of its evaluation; null where nobody evaluated it. */
  score: number | null;
}

/** Trained policies first, the best of them before all. */
export function policyChoices(files: readonly ShippedFile[], environment: EnvironmentId): PolicyChoice[] {
  const trained = shippedOf(files, environment).flatMap(({ policies: { made, policies } }) =>
    policies.map(({ level, score, policy }): PolicyChoice => {
      const name = level === 'expert' ? 'Expert' : 'Medium';
      return {
        id: `${level}-${made.seed}`,
        label: `${name}, seed ${made.seed} (score ${formatFixed(score, 0)})`,
        policy,
        score,
      };
    }),
  );
  trained.sort((a, b) => (b.score ?? 0) - (a.score ?? 0));
  return [
    ...trained,
    { id: 'random', label: 'Random actions', policy: { kind: 'uniform' }, score: null },
    { id: 'zero', label: 'No actions', policy: zeroPolicy(environment), score: null },
  ];
}

/** The choice that a link names; the first, which is the best, where this body has none of that name. */
export function chosenPolicy(choices: readonly PolicyChoice[], id: string): PolicyChoice {
  const found = id === BEST_POLICY ? undefined : choices.find((choice) => choice.id === id);
  return found ?? choices[0]!;
}

let fetched: Promise<ShippedFile[]> | null = null;

/** Shipped policies; null until they are known, none where they cannot be had. */
export function useShippedPolicies(): readonly ShippedFile[] | null {
  const [files, setFiles] = useState<readonly ShippedFile[] | null>(null);
  useEffect(() => {
    let gone = false;
    fetched ??= fetchShipped('./');
    fetched.then(
      (found) => gone || setFiles(found),
      (error: unknown) => {
        // Asked anew when the page is opened again.
        fetched = null;
        console.info('No shipped policies:', error);
        if (!gone) setFiles([]);
      },
    );
    return () => {
      gone = true;
    };
  }, []);
  return files;
}

/** What the page knows of other seeds than the run's own. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { MethodId } from '../../../bandit/methods.ts';
import type { LostSeed, SeedsPoint } from '../../../bandit/seeds-protocol.ts';

/** What became of one method's seeds. */
export interface SeedGroup {
  /** All of them, the run's own first. */
  seeds: readonly number[];
  /** By ascending steps. */
  points: readonly SeedsPoint[];
  lost: readonly LostSeed[];
}

export interface Seeds {
  groups: Readonly<Partial<Record<MethodId, SeedGroup>>>;
  /** What was done to a method's run that no other seed can repeat, in words. */
  incomparable: Readonly<Partial<Record<MethodId, string>>>;
  /** Gradient steps of all other seeds together; null while none of them trains. */
  progress: { done: number; total: number } | null;
  /** The visitor stopped them. */
  stopped: boolean;
  /** Why they could not go on. */
  problem: string | null;
}

export const NO_SEEDS: Seeds = { groups: {}, incomparable: {}, progress: null, stopped: false, problem: null };

export const seedsStore = createStore<Seeds>()(() => NO_SEEDS);

export function useSeeds<Selected>(select: (seeds: Seeds) => Selected): Selected {
  return useStore(seedsStore, select);
}

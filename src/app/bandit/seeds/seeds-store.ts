/** State of the seeds that the run is compared with. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { MethodId } from '../../../bandit/methods.ts';
import type { LostSeed, SeedsPoint } from '../../../bandit/seeds-protocol.ts';

/** Results of one method's seeds. */
export interface SeedGroup {
  /** All of them, the run's own first. */
  seeds: readonly number[];
  /** By ascending steps. */
  points: readonly SeedsPoint[];
  lost: readonly LostSeed[];
}

export interface Seeds {
  groups: Readonly<Partial<Record<MethodId, SeedGroup>>>;
  /** Why a method's run cannot be compared with other seeds: what was done that they cannot repeat. */
  incomparable: Readonly<Partial<Record<MethodId, string>>>;
  /** Gradient steps of all other seeds; null while none of them trains. */
  progress: { done: number; total: number } | null;
  /** The user stopped them. */
  stopped: boolean;
  /** Why they could not continue. */
  problem: string | null;
}

export const NO_SEEDS: Seeds = { groups: {}, incomparable: {}, progress: null, stopped: false, problem: null };

export const seedsStore = createStore<Seeds>()(() => NO_SEEDS);

export function useSeeds<Selected>(select: (seeds: Seeds) => Selected): Selected {
  return useStore(seedsStore, select);
}

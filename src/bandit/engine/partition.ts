/** How the methods of an experiment are shared out among engines that train at the same time. */
import { METHODS, type MethodId } from '../methods.ts';
import { methodSettings, type Experiment } from '../experiment.ts';

/** What a method asks of its engine. In a race by seconds every method gets the same time. */
export function methodCost(experiment: Experiment, method: MethodId): number {
  if (experiment.race === 'seconds') return 1;
  const { diffusionSteps } = methodSettings(experiment, method);
  const { stepMs, reverseStepMs = 0 } = METHODS[method].cost;
  return stepMs + reverseStepMs * diffusionSteps;
}

/** The share that has the least to do. */
export function leastLoaded(
  shares: readonly (readonly MethodId[])[],
  cost: (method: MethodId) => number,
): { index: number; load: number } {
  const loads = shares.map((share) => share.reduce((sum, method) => sum + cost(method), 0));
  const load = Math.min(...loads);
  return { index: loads.indexOf(load), load };
}

/** Shares of about the same cost: each method, the most expensive first, goes where there is the least to do. */
export function partitionByCost(
  methods: readonly MethodId[],
  count: number,
  cost: (method: MethodId) => number,
): MethodId[][] {
  const shares = Array.from({ length: count }, (): MethodId[] => []);
  for (const method of [...methods].sort((a, b) => cost(b) - cost(a))) {
    shares[leastLoaded(shares, cost).index]?.push(method);
  }
  return shares;
}

/** How the methods of an experiment are partitioned among engines that train at the same time. */
import { METHODS, type MethodId } from '../methods.ts';
import { methodSettings, type Experiment } from '../experiment.ts';

/** The relative cost of a method. In a race by seconds every method gets the same time. */
export function methodCost(experiment: Experiment, method: MethodId): number {
  if (experiment.race === 'seconds') return 1;
  const { diffusionSteps } = methodSettings(experiment, method);
  const { stepMs, reverseStepMs = 0 } = METHODS[method].cost;
  return stepMs + reverseStepMs * diffusionSteps;
}

/** The part with the lowest total cost. */
export function leastLoaded(
  parts: readonly (readonly MethodId[])[],
  cost: (method: MethodId) => number,
): { index: number; load: number } {
  const loads = parts.map((part) => part.reduce((sum, method) => sum + cost(method), 0));
  const load = Math.min(...loads);
  return { index: loads.indexOf(load), load };
}

/** Greedy partition into `count` parts: each method, the most expensive first, joins the part with the lowest cost. */
export function partitionByCost(
  methods: readonly MethodId[],
  count: number,
  cost: (method: MethodId) => number,
): MethodId[][] {
  const parts = Array.from({ length: count }, (): MethodId[] => []);
  for (const method of [...methods].sort((a, b) => cost(b) - cost(a))) {
    parts[leastLoaded(parts, cost).index]?.push(method);
  }
  return parts;
}

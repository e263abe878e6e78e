/** How the methods of an experiment are shared out among engines that train at the same time. */
import type { MethodId } from '../methods.ts';
import { methodSettings, type Experiment } from '../experiment.ts';

/** Milliseconds of a training step on wasm, fast preset, on one core of 2024: what counts is how they compare. */
const STEP_MS: Readonly<Record<MethodId, number>> = {
  'bc-mle': 1.9,
  'bc-cvae': 2.8,
  'bc-mmd': 9.3,
  'bc-diffusion': 1.6,
  'td3-bc-gaussian': 6.7,
  'td3-bc': 3.7,
  'td3-bc-mdn': 10.5,
  bcq: 8.1,
  'bear-mmd': 14.3,
  'diffusion-ql': 6.1,
};

/** What each reverse step adds for a policy that is trained through all of them. */
const REVERSE_STEP_MS: Partial<Record<MethodId, number>> = { 'diffusion-ql': 1.08 };

/** What a method asks of its engine. In a race by seconds every method gets the same time. */
export function methodCost(experiment: Experiment, method: MethodId): number {
  if (experiment.race === 'seconds') return 1;
  const { diffusionSteps } = methodSettings(experiment, method);
  return STEP_MS[method] + (REVERSE_STEP_MS[method] ?? 0) * diffusionSteps;
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
export function shareOut(
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

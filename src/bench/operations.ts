/** The floor under a step: the arithmetic of its matrix products and how many of them wait for each other. */
import type { BenchTask } from './tasks.ts';

/** Next actions a state, of which max-Q backup takes the best (Wang et al., 2023, §5). */
const MAX_Q_ACTIONS = 10;

/** Floating-point operations of one product with each weight of an MLP, a row of input. */
function product(sizes: readonly number[]): number {
  let weights = 0;
  for (let i = 0; i + 1 < sizes.length; i++) weights += (sizes[i] as number) * (sizes[i + 1] as number);
  return 2 * weights;
}

/**
 * Operations of one gradient step: a pass forward takes one product with each weight, the gradient of the weights one
 * more, the gradient of the activations another. The first layer's input needs none, except that of the climbed critic
 * and of the reverse chain, where an action is a part of it.
 */
export function operationsPerStep({ method, widths, batchSize, config }: BenchTask): number {
  const { stateWidth, actionWidth } = widths;
  const { hidden, timeWidth, diffusionSteps: T, bootstrap } = config;
  const trunk = [actionWidth + timeWidth + stateWidth, hidden, hidden, hidden, actionWidth];
  const head = [stateWidth + actionWidth, hidden, hidden, hidden, 1];
  const denoise = product(trunk);
  const value = product(head);
  const firstOf = (sizes: readonly number[]) => product(sizes.slice(0, 2));
  const cloning = 3 * denoise - firstOf(trunk);
  if (method === 'bc-diffusion') return batchSize * cloning;
  const regression = 2 * (3 * value - firstOf(head));
  const targets = bootstrap ? (bootstrap.maxQBackup ? MAX_Q_ACTIONS : 1) * (T * denoise + 2 * value) : 0;
  const improvement = T * 3 * denoise - firstOf(trunk) + 3 * value;
  return batchSize * (regression + targets + cloning + improvement);
}

/** Layers of each network, and of them those whose input needs a gradient if the network's own does not. */
const LAYERS = 4;
const INNER_LAYERS = 3;
/** What follows a gradient: the products for the weights, the global norm, Adam. */
const UPDATE = 3;

/**
 * Products and updates of one gradient step that have to wait for one another, everything else being done within them
 * or beside them: the longest way from the batch to the new weights.
 */
export function dependentStages({ method, config }: BenchTask): number {
  const chain = config.diffusionSteps * LAYERS;
  if (method === 'bc-diffusion') return LAYERS + INNER_LAYERS + UPDATE;
  // The critic's own pass forward runs beside its targets; the policy's chain beside all of the critic's update.
  const targets = config.bootstrap ? chain + LAYERS : LAYERS;
  const critic = targets + INNER_LAYERS + UPDATE;
  return Math.max(critic, chain) + LAYERS + LAYERS + chain + UPDATE;
}

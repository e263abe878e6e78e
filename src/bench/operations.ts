/** Lower bounds of a step: operations of its matrix products, and the length of its chain of dependencies. */
import type { BenchTask } from './tasks.ts';

/** Next actions per state, of which max-Q backup uses the best (Wang et al., 2023, §5). */
const MAX_Q_ACTIONS = 10;

/** Floating-point operations of an MLP's matrix products per row of input. */
function product(sizes: readonly number[]): number {
  let weights = 0;
  for (let i = 0; i + 1 < sizes.length; i++) weights += (sizes[i] as number) * (sizes[i + 1] as number);
  return 2 * weights;
}

/**
 * Floating-point operations of one gradient step. The forward pass, the weight gradient and the activation gradient each
 * need one product per weight. The first layer's input needs a gradient only where it contains a differentiated action:
 * in the critic of the policy's loss and in the reverse chain.
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

/** Layers of each network, and those with an input gradient if the network's input needs none. */
const LAYERS = 4;
const INNER_LAYERS = 3;
/** Stages after a backward pass: the weight gradients, the global norm, Adam. */
const UPDATE = 3;

/**
 * Products and updates on the critical path of one gradient step, from the batch to the new weights. All other work can
 * run inside these stages or in parallel.
 */
export function dependentStages({ method, config }: BenchTask): number {
  const chain = config.diffusionSteps * LAYERS;
  if (method === 'bc-diffusion') return LAYERS + INNER_LAYERS + UPDATE;
  // The critic's forward pass runs in parallel with its targets, and the policy's chain with the critic's update.
  const targets = config.bootstrap ? chain + LAYERS : LAYERS;
  const critic = targets + INNER_LAYERS + UPDATE;
  return Math.max(critic, chain) + LAYERS + LAYERS + chain + UPDATE;
}

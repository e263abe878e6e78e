/**
 * Augmented random search, ARS V2-t: Mania, Guy and Recht, "Simple random search of static linear policies is competitive
 * for reinforcement learning" (NeurIPS 2018), algorithm 2. A linear policy on normalised observations is moved along
 * the directions, of N random ones, in which it fared best.
 *
 * Every random number follows from the seed and the iteration, so a run that is resumed from its state goes on as if it had
 * not been interrupted, on however many workers.
 */
import { RandomStream } from '../math/streams.ts';
import type { LinearPolicy } from '../environments/rollouts/policy.ts';
import type { RolloutPool, RunOptions } from '../environments/rollouts/pool.ts';
import type { EpisodeResult } from '../environments/rollouts/protocol.ts';
import { BODIES } from '../environments/bodies/index.ts';
import type { EnvironmentId } from '../environments/bodies/ids.ts';
import type { TrainingSetting } from './evaluate.ts';

export interface ArsConfig extends TrainingSetting {
  /** N, directions an iteration; each is tried both ways. */
  readonly directions: number;
  /** b, the best of them that the step is made of. */
  readonly top: number;
  /** α, length of the step. */
  readonly stepSize: number;
  /** ν, standard deviation of the perturbations. */
  readonly noise: number;
  /** Taken off every step's reward while it learns: the alive bonus, which would reward standing still. */
  readonly shift: number;
}

type ArsHyperparameters = Omit<ArsConfig, keyof TrainingSetting>;

const HALFCHEETAH: ArsHyperparameters = { directions: 32, top: 4, stepSize: 0.02, noise: 0.03, shift: 0 };
/** The paper's hyperparameters (table 9, V2-t). */
const PUBLISHED: Partial<Record<EnvironmentId, ArsHyperparameters>> = {
  hopper: { directions: 8, top: 4, stepSize: 0.01, noise: 0.025, shift: 1 },
  halfcheetah: HALFCHEETAH,
  walker2d: { directions: 40, top: 30, stepSize: 0.03, noise: 0.025, shift: 1 },
};

/** The paper's hyperparameters for a body; half-cheetah's for one that the paper does not have. */
export function publishedArs(environment: EnvironmentId): ArsHyperparameters {
  return PUBLISHED[environment] ?? HALFCHEETAH;
}

/** All that a run is, between two iterations. */
export interface ArsState {
  readonly config: ArsConfig;
  readonly iteration: number;
  /** Steps of the environment that it has learned from. */
  readonly steps: number;
  /** [actions, observations] */
  readonly weights: readonly number[];
  /** Of all observations so far: how many, their sums and sums of squares, [observations]. */
  readonly count: number;
  readonly sum: readonly number[];
  readonly squares: readonly number[];
}

/** A deviation below this is that of an observation which never varies. */
const SMALLEST_DEVIATION = 1e-7;

/** A run that has learned nothing. @throws RangeError if more directions are to be used than there are. */
export function startArs(config: ArsConfig): ArsState {
  if (!(config.top >= 1 && config.top <= config.directions)) {
    throw new RangeError(`The best 1 to ${config.directions} directions can be used, not ${config.top}.`);
  }
  const { observations, actions } = BODIES[config.environment];
  const zeros = (length: number) => new Array<number>(length).fill(0);
  return {
    config,
    iteration: 0,
    steps: 0,
    weights: zeros(actions * observations),
    count: 0,
    sum: zeros(observations),
    squares: zeros(observations),
  };
}

/** The policy that a run has come to. */
export function arsPolicy(state: ArsState, weights: readonly number[] = state.weights): LinearPolicy {
  return { kind: 'linear', weights, ...normalisation(state) };
}

/** One iteration: 2N episodes and a step. `seen` gets the episodes, in order. */
export async function iterateArs(
  state: ArsState,
  pool: RolloutPool,
  options: RunOptions & { rows?: boolean; seen?: (episodes: readonly EpisodeResult[]) => void } = {},
): Promise<ArsState> {
  const { config, iteration } = state;
  const directions = drawDirections(state);
  const policies = directions.flatMap((direction) =>
    [config.noise, -config.noise].map((noise) =>
      arsPolicy(
        state,
        state.weights.map((weight, i) => weight + noise * direction[i]!),
      ),
    ),
  );
  const { rows = false, seen, ...run } = options;
  const episodes = await pool.run(
    {
      environment: config.environment,
      variant: config.variant,
      seed: config.seed,
      moments: true,
      rows,
      policies,
      // Both ways of a direction start alike.
      orders: policies.map((_, i) => ({ episode: iteration * config.directions + (i >> 1), policy: i })),
    },
    run,
  );
  seen?.(episodes);
  return {
    ...withObservations(state, episodes),
    iteration: iteration + 1,
    steps: episodes.reduce((sum, { steps }) => sum + steps, state.steps),
    weights: step(state, directions, episodes),
  };
}

/** N standard normal matrices. */
function drawDirections({ config, iteration, weights }: ArsState): Float32Array[] {
  const stream = new RandomStream(config.seed, 'ars/directions');
  return Array.from({ length: config.directions }, (_, lane) => {
    const direction = new Float32Array(weights.length);
    stream.fillNormal(direction, iteration, lane);
    return direction;
  });
}

/** The weights after a step: M + α/(b σ) Σ (r₊ − r₋) δ over the b directions with the highest max(r₊, r₋). */
function step({ config, weights }: ArsState, directions: readonly Float32Array[], episodes: readonly EpisodeResult[]) {
  const rewards = episodes.map((episode) => episode.return - config.shift * episode.steps);
  const best = directions
    .map((direction, i) => ({ direction, plus: rewards[2 * i]!, minus: rewards[2 * i + 1]! }))
    .sort((a, b) => Math.max(b.plus, b.minus) - Math.max(a.plus, a.minus))
    .slice(0, config.top);
  const used = best.flatMap(({ plus, minus }) => [plus, minus]);
  const mean = used.reduce((sum, reward) => sum + reward, 0) / used.length;
  const deviation = Math.sqrt(used.reduce((sum, reward) => sum + (reward - mean) ** 2, 0) / used.length);
  if (deviation === 0) return weights;
  const scale = config.stepSize / (config.top * deviation);
  return weights.map((weight, i) =>
    best.reduce((sum, { direction, plus, minus }) => sum + scale * (plus - minus) * direction[i]!, weight),
  );
}

function withObservations(state: ArsState, episodes: readonly EpisodeResult[]): ArsState {
  const sum = [...state.sum];
  const squares = [...state.squares];
  let { count } = state;
  for (const { moments } of episodes) {
    if (!moments) continue;
    count += moments.count;
    moments.sum.forEach((value, i) => (sum[i]! += value));
    moments.squares.forEach((value, i) => (squares[i]! += value));
  }
  return { ...state, count, sum, squares };
}

function normalisation({ count, sum, squares }: ArsState): { mean: number[]; deviation: number[] } {
  if (count < 2) return { mean: sum.map(() => 0), deviation: sum.map(() => 1) };
  const mean = sum.map((value) => value / count);
  const deviation = squares.map((value, i) => {
    const variance = (value - count * mean[i]! ** 2) / (count - 1);
    const root = Math.sqrt(Math.max(0, variance));
    return root < SMALLEST_DEVIATION ? 0 : root;
  });
  return { mean, deviation };
}

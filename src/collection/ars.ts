/**
 * Augmented random search, ARS V2-t: Mania, Guy and Recht, "Simple random search of static linear policies is competitive
 * for reinforcement learning" (NeurIPS 2018), algorithm 2. A linear policy on normalised observations moves along the best
 * of N random directions.
 *
 * Every random number follows from the seed and the iteration, so a resumed run equals an uninterrupted one, on any number
 * of workers.
 */
import { RandomStream } from '../math/streams.ts';
import type { LinearPolicy } from '../environments/rollouts/policy.ts';
import type { RolloutPool, RunOptions } from '../environments/rollouts/pool.ts';
import type { EpisodeResult } from '../environments/rollouts/protocol.ts';
import { BODIES } from '../environments/bodies/index.ts';
import type { EnvironmentId } from '../environments/bodies/ids.ts';
import type { TrainingSetting } from './evaluate.ts';

export interface ArsConfig extends TrainingSetting {
  /** N, directions per iteration; each is tried with both signs. */
  readonly directions: number;
  /** b, the number of best directions used. */
  readonly top: number;
  /** α, step size. */
  readonly stepSize: number;
  /** ν, standard deviation of the perturbations. */
  readonly noise: number;
  /** Subtracted from every reward during training: the alive bonus, which would reward standing still. */
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

/** The state of a run between two iterations. */
export interface ArsState {
  readonly config: ArsConfig;
  readonly iteration: number;
  /** Environment steps so far. */
  readonly steps: number;
  /** [actions, observations] */
  readonly weights: readonly number[];
  /** Number of observations so far, their sums and sums of squares, [observations]. */
  readonly count: number;
  readonly sum: readonly number[];
  readonly squares: readonly number[];
}

/** An observation with a smaller deviation counts as constant. */
const SMALLEST_DEVIATION = 1e-7;

/** A new run. @throws RangeError if `top` exceeds `directions`. */
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

/** The current policy of a run. */
export function arsPolicy(state: ArsState, weights: readonly number[] = state.weights): LinearPolicy {
  return { kind: 'linear', weights, ...normalisation(state) };
}

/** One iteration: 2N episodes and a step. `onEpisodes` gets the episodes, in order. */
export async function iterateArs(
  state: ArsState,
  pool: RolloutPool,
  options: RunOptions & { rows?: boolean; onEpisodes?: (episodes: readonly EpisodeResult[]) => void } = {},
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
  const { rows = false, onEpisodes, ...run } = options;
  const episodes = await pool.run(
    {
      environment: config.environment,
      variant: config.variant,
      seed: config.seed,
      moments: true,
      rows,
      policies,
      // Both signs of a direction start from the same state.
      orders: policies.map((_, i) => ({ episode: iteration * config.directions + (i >> 1), policy: i })),
    },
    run,
  );
  onEpisodes?.(episodes);
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

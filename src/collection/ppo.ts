/**
 * Proximal policy optimisation: Schulman, Wolski, Dhariwal, Radford and Klimov, "Proximal policy optimization algorithms" (2017),
 * with the clipped objective and generalised advantage estimation. It includes
 * common practice for continuous control that the paper omits: running normalisation of observations; rewards divided by
 * the deviation of their discounted sums, both clipped at ±10; orthogonal weights; a rate that decays to 0; and
 * bootstrapping from the value where a time limit cuts an episode.
 *
 * One thread, one engine. Every random number follows from the seed and the step, and each iteration restores the body's
 * state, so a resumed run has the same bits as an uninterrupted one.
 */
import { parameterCount } from '../math/plain-mlp.ts';
import { RunningMoments, type Moments } from '../math/running-moments.ts';
import { RandomStream } from '../math/streams.ts';
import type { Environment } from '../environments/environment.ts';
import { RowLog } from '../environments/rollouts/episode.ts';
import type { MlpPolicy } from '../environments/rollouts/network-policy.ts';
import type { EpisodeResult } from '../environments/rollouts/protocol.ts';
import { EPISODE_STEPS, BODIES } from '../environments/bodies/index.ts';
import { ActorCritic, AdamStep, initialParameters, policySizes, type ActorCriticWidths } from './actor-critic.ts';
import type { TrainingSetting } from './evaluate.ts';

export interface PpoConfig extends TrainingSetting {
  /** Steps over which the rate decays to 0: the whole run. */
  readonly decaySteps: number;
  /** Steps per iteration. */
  readonly horizon: number;
  /** Passes over each iteration's steps. */
  readonly epochs: number;
  readonly minibatch: number;
  /** γ, discount. */
  readonly discount: number;
  /** λ of generalised advantage estimation. */
  readonly traceDecay: number;
  /** ε, clip range. */
  readonly clip: number;
  /** Adam's initial rate. */
  readonly learningRate: number;
  readonly valueCoefficient: number;
  /** Largest norm of the gradient. */
  readonly gradientNorm: number;
  /** Width of both hidden layers of both networks. */
  readonly hidden: number;
}

/** The paper's settings for MuJoCo (table 3); value coefficient and gradient norm are those of its published code. */
export const PPO_SETTINGS: Omit<PpoConfig, keyof TrainingSetting | 'decaySteps'> = {
  horizon: 2048,
  epochs: 10,
  minibatch: 64,
  discount: 0.99,
  traceDecay: 0.95,
  clip: 0.2,
  learningRate: 3e-4,
  valueCoefficient: 0.5,
  gradientNorm: 0.5,
  hidden: 64,
};

/** The state of a run between two iterations. */
export interface PpoState {
  readonly config: PpoConfig;
  readonly iteration: number;
  /** Environment steps so far. */
  readonly steps: number;
  /** Parameters of both networks, and Adam's moments. */
  readonly params: Float64Array;
  readonly firstMoments: Float64Array;
  readonly secondMoments: Float64Array;
  /** Moments of all observations so far, and of the discounted sums of rewards. */
  readonly observations: Moments;
  readonly returns: Moments;
  /** The discounted sum of rewards of the current episode. */
  readonly discounted: number;
  /** The current episode and the body's state in it; empty before the first iteration. */
  readonly episode: number;
  readonly episodeSteps: number;
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
}

/** Normalised observations and rewards are clipped to ± this. */
const BOUND = 10;
/** Added to deviations, so that division by them stays finite. */
const TINY = 1e-8;
const ADAM_EPSILON = 1e-5;

/** Widths of the networks of a run. */
export function ppoWidths({ environment, hidden }: PpoConfig): ActorCriticWidths {
  const { observations, actions } = BODIES[environment];
  return { observations, actions, hidden: [hidden, hidden] };
}

/** A new run. @throws RangeError if minibatches do not divide an iteration. */
export function startPpo(config: PpoConfig): PpoState {
  const { horizon, minibatch, seed } = config;
  if (!(minibatch >= 2 && horizon % minibatch === 0)) {
    throw new RangeError(`Minibatches of 2 steps or more fill an iteration of ${horizon}, which ${minibatch} do not.`);
  }
  const widths = ppoWidths(config);
  const params = initialParameters(widths, seed);
  return {
    config,
    iteration: 0,
    steps: 0,
    params,
    firstMoments: new Float64Array(params.length),
    secondMoments: new Float64Array(params.length),
    observations: RunningMoments.empty(widths.observations),
    returns: RunningMoments.empty(1),
    discounted: 0,
    episode: 0,
    episodeSteps: 0,
    qpos: new Float64Array(0),
    qvel: new Float64Array(0),
  };
}

/** A running PPO, with exclusive use of its environment. */
export class PpoLearner {
  readonly #config: PpoConfig;
  readonly #environment: Environment;
  readonly #networks: ActorCritic;
  readonly #adam: AdamStep;
  readonly #observationMoments: RunningMoments;
  readonly #returnMoments: RunningMoments;
  readonly #actionStream: RandomStream;
  readonly #shuffleStream: RandomStream;
  readonly #buffer: RolloutBuffer;
  readonly #batch: RolloutBuffer;
  readonly #log: RowLog | null;
  readonly #onEpisode: ((episode: EpisodeResult) => void) | undefined;
  /** Iterations so far. */
  iteration: number;
  #discounted: number;
  #episode: number;
  #episodeSteps: number;
  /** Whether the log has the current episode from its beginning. */
  #logged: boolean;
  #episodeReturn = 0;
  #qpos: Float64Array;
  #qvel: Float64Array;

  /**
   * @param environment of the run's body, variant and seed.
   * @param onEpisode gets every episode with its rows, except one that began before this object was created.
   */
  constructor(state: PpoState, environment: Environment, onEpisode?: (episode: EpisodeResult) => void) {
    const { config } = state;
    const { horizon, minibatch, seed } = config;
    const widths = ppoWidths(config);
    this.#config = config;
    this.#environment = environment;
    this.#networks = new ActorCritic(widths, state.params.slice(), minibatch);
    this.#adam = new AdamStep(state.firstMoments.slice(), state.secondMoments.slice(), ADAM_EPSILON);
    this.#observationMoments = new RunningMoments(state.observations);
    this.#returnMoments = new RunningMoments(state.returns);
    this.#actionStream = new RandomStream(seed, 'ppo/actions');
    this.#shuffleStream = new RandomStream(seed, 'ppo/shuffle');
    this.#buffer = new RolloutBuffer(horizon, widths);
    this.#batch = new RolloutBuffer(minibatch, widths);
    this.#onEpisode = onEpisode;
    this.#log = onEpisode ? new RowLog(widths.observations, widths.actions) : null;
    this.iteration = state.iteration;
    this.#discounted = state.discounted;
    this.#episode = state.episode;
    this.#episodeSteps = state.episodeSteps;
    this.#logged = onEpisode !== undefined && state.episodeSteps === 0;
    this.#qpos = state.qpos;
    this.#qvel = state.qvel;
  }

  get steps(): number {
    return this.iteration * this.#config.horizon;
  }

  state(): PpoState {
    const { iteration, steps } = this;
    const discounted = this.#discounted;
    const episode = this.#episode;
    const episodeSteps = this.#episodeSteps;
    const qpos = this.#qpos;
    const qvel = this.#qvel;
    return {
      config: this.#config,
      iteration,
      steps,
      params: this.#networks.params.slice(),
      firstMoments: this.#adam.first.slice(),
      secondMoments: this.#adam.second.slice(),
      observations: this.#observationMoments.snapshot(),
      returns: this.#returnMoments.snapshot(),
      discounted,
      episode,
      episodeSteps,
      qpos,
      qvel,
    };
  }

  /** The policy without its noise. */
  policy(): MlpPolicy {
    const moments = this.#observationMoments;
    const sizes = policySizes(this.#networks.widths);
    return {
      kind: 'mlp',
      network: {
        sizes,
        activation: 'tanh',
        params: Float32Array.from(this.#networks.params.subarray(0, parameterCount(sizes))),
      },
      squash: 'clip',
      normalisation: {
        mean: Float32Array.from(moments.mean),
        deviation: Float32Array.from(moments.mean, (_, i) => Math.sqrt(moments.variance(i) + TINY)),
        bound: BOUND,
      },
    };
  }

  /** One iteration: collects steps, then learns from them. */
  iterate(): void {
    this.#play();
    this.#learn();
    this.iteration++;
  }

  #play(): void {
    const config = this.#config;
    const environment = this.#environment;
    const networks = this.#networks;
    const buffer = this.#buffer;
    if (this.#qpos.length === 0) environment.reset(this.#episode);
    else environment.setState(this.#qpos, this.#qvel);
    const width = networks.widths.actions;
    const noise = new Float32Array(width);
    const deviations = networks.logDeviations.map(Math.exp);
    const state = new Float64Array(networks.widths.observations);
    const action = new Float64Array(width);
    for (let t = 0; t < config.horizon; t++) {
      this.#observationMoments.add(environment.observation);
      this.#normalise(state);
      const means = networks.means(state, 1);
      this.#actionStream.fillNormal(noise, this.steps + t);
      for (let i = 0; i < width; i++) action[i] = means[i]! + deviations[i]! * noise[i]!;
      buffer.observations.set(state, t * state.length);
      buffer.actions.set(action, t * width);
      buffer.logProbabilities[t] = networks.logProbability(means, action, 0);
      this.#step(t, action, state);
    }
    buffer.values.set(this.#valuesOfBuffer());
    this.#normalise(state);
    buffer.values[config.horizon] = networks.values(state, 1)[0]!;
    const { qpos, qvel } = environment.physics.state();
    this.#qpos = qpos.slice();
    this.#qvel = qvel.slice();
  }

  /** Takes one step; overwrites `state`. */
  #step(t: number, action: Float64Array, state: Float64Array): void {
    const buffer = this.#buffer;
    for (let i = 0; i < action.length; i++) action[i] = Math.max(-1, Math.min(1, action[i]!));
    this.#log?.before(this.#episodeSteps, this.#environment.observation, action);
    const { reward, terminal } = this.#environment.step(action);
    this.#log?.after(this.#episodeSteps, reward);
    this.#episodeReturn += reward;
    this.#discounted = this.#config.discount * this.#discounted + reward;
    this.#returnMoments.add([this.#discounted]);
    const scale = 1 / Math.sqrt(this.#returnMoments.variance(0) + TINY);
    buffer.rewards[t] = Math.max(-BOUND, Math.min(BOUND, reward * scale));
    this.#episodeSteps++;
    // The environment's own count restarts with each iteration.
    const timeout = !terminal && this.#episodeSteps >= EPISODE_STEPS;
    buffer.ends[t] = terminal || timeout ? 1 : 0;
    if (!terminal && !timeout) return;
    if (timeout) {
      this.#normalise(state);
      buffer.rewards[t]! += this.#config.discount * this.#networks.values(state, 1)[0]!;
    }
    this.#endEpisode(terminal);
  }

  #endEpisode(terminal: boolean): void {
    const episode = this.#episode;
    const steps = this.#episodeSteps;
    if (this.#log && this.#logged) {
      this.#onEpisode?.({
        episode,
        policy: 0,
        return: this.#episodeReturn,
        steps,
        terminal,
        rows: this.#log.taken(steps),
      });
    }
    this.#logged = true;
    this.#episode++;
    this.#episodeSteps = 0;
    this.#episodeReturn = 0;
    this.#discounted = 0;
    this.#environment.reset(this.#episode);
  }

  /** Writes the normalised observation to `state`. */
  #normalise(state: Float64Array): void {
    const { observation } = this.#environment;
    const moments = this.#observationMoments;
    for (let i = 0; i < state.length; i++) {
      const value = (observation[i]! - moments.mean[i]!) / Math.sqrt(moments.variance(i) + TINY);
      state[i] = Math.max(-BOUND, Math.min(BOUND, value));
    }
  }

  #valuesOfBuffer(): Float64Array {
    const config = this.#config;
    const networks = this.#networks;
    const buffer = this.#buffer;
    const width = networks.widths.observations;
    const values = new Float64Array(config.horizon);
    for (let at = 0; at < config.horizon; at += config.minibatch) {
      const rows = buffer.observations.subarray(at * width, (at + config.minibatch) * width);
      values.set(networks.values(rows, config.minibatch), at);
    }
    return values;
  }

  #learn(): void {
    const { iteration } = this;
    const config = this.#config;
    const networks = this.#networks;
    const adam = this.#adam;
    const buffer = this.#buffer;
    const batch = this.#batch;
    const { horizon, epochs, minibatch } = config;
    const estimates = generalisedAdvantages(buffer.rewards, buffer.values, buffer.ends, config);
    buffer.advantages.set(estimates);
    for (let t = 0; t < horizon; t++) buffer.returns[t] = estimates[t]! + buffer.values[t]!;
    const rate = config.learningRate * Math.max(0, 1 - iteration / Math.ceil(config.decaySteps / horizon));
    let updates = iteration * epochs * (horizon / minibatch);
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = this.#shuffled(epoch);
      for (let at = 0; at < horizon; at += minibatch) {
        batch.gather(buffer, order.subarray(at, at + minibatch));
        standardise(batch.advantages);
        networks.loss(batch, config);
        clipNorm(networks.gradient, config.gradientNorm);
        adam.step(networks.params, networks.gradient, rate, ++updates);
      }
    }
  }

  /** The buffer's steps in a random order, which depends on seed, iteration and epoch. */
  #shuffled(epoch: number): Int32Array {
    const { horizon } = this.#config;
    const order = Int32Array.from({ length: horizon }, (_, i) => i);
    const uniform = new Float64Array(horizon);
    this.#shuffleStream.fillUniform(uniform, this.iteration, epoch);
    for (let i = horizon - 1; i > 0; i--) {
      const j = Math.floor(uniform[i]! * (i + 1));
      const held = order[i]!;
      order[i] = order[j]!;
      order[j] = held;
    }
    return order;
  }
}

/** Scales the gradient down to at most `norm`. */
function clipNorm(gradient: Float64Array, norm: number): void {
  let squares = 0;
  for (let i = 0; i < gradient.length; i++) squares += gradient[i]! ** 2;
  const length = Math.sqrt(squares);
  if (length <= norm) return;
  const scale = norm / length;
  for (let i = 0; i < gradient.length; i++) gradient[i]! *= scale;
}

interface AdvantageSettings {
  /** γ */
  readonly discount: number;
  /** λ: 0 uses the error of one step, 1 the whole discounted return minus the value. */
  readonly traceDecay: number;
}

/**
 * Generalised advantage estimation: Schulman, Moritz, Levine, Jordan and Abbeel, "High-dimensional continuous control
 * using generalized advantage estimation" (2016), equation 16. The estimates of all steps, [steps], by the recursion from the last to the first: Â_t = δ_t + γ λ Â_{t+1}, whose error
 * δ_t = r_t + γ V(s_{t+1}) − V(s_t) has no next state at the end of an episode.
 *
 * @param rewards [steps].
 * @param values of the state before each step, and after the last, [steps + 1].
 * @param ends 1 where the next state belongs to another episode, [steps].
 */
export function generalisedAdvantages(
  rewards: Float64Array,
  values: Float64Array,
  ends: Uint8Array,
  { discount, traceDecay }: AdvantageSettings,
): Float64Array {
  const advantages = new Float64Array(rewards.length);
  let next = 0;
  for (let t = rewards.length - 1; t >= 0; t--) {
    const continues = ends[t] ? 0 : 1;
    const error = rewards[t]! + continues * discount * values[t + 1]! - values[t]!;
    next = error + continues * discount * traceDecay * next;
    advantages[t] = next;
  }
  return advantages;
}

/** A rollout buffer: the steps of an iteration, or of a minibatch, row by row. */
class RolloutBuffer {
  readonly rows: number;
  /** Normalised, [rows, observations]. */
  readonly observations: Float64Array;
  /** As drawn, before clipping, [rows, actions]. */
  readonly actions: Float64Array;
  /** Of the actions as drawn, [rows]. */
  readonly logProbabilities: Float64Array;
  /** Scaled and clipped; plus the discounted value of the next state where a time limit cuts an episode. [rows] */
  readonly rewards: Float64Array;
  /** 1 where the next state belongs to another episode, [rows]. */
  readonly ends: Uint8Array;
  /** Of the states at collection, [rows + 1]; the last is of the state after them. */
  readonly values: Float64Array;
  /** [rows] */
  readonly advantages: Float64Array;
  /** Targets of the values, advantages + values, [rows]. */
  readonly returns: Float64Array;
  readonly #widths: ActorCriticWidths;

  constructor(rows: number, widths: ActorCriticWidths) {
    this.rows = rows;
    this.#widths = widths;
    this.observations = new Float64Array(rows * widths.observations);
    this.actions = new Float64Array(rows * widths.actions);
    this.logProbabilities = new Float64Array(rows);
    this.rewards = new Float64Array(rows);
    this.ends = new Uint8Array(rows);
    this.values = new Float64Array(rows + 1);
    this.advantages = new Float64Array(rows);
    this.returns = new Float64Array(rows);
  }

  /**
   * Copies rows of another buffer of the same widths, except rewards and ends, which the loss does not need.
   *
   * @param rows [this.rows]
   */
  gather(from: RolloutBuffer, rows: Int32Array): void {
    const { observations, actions } = this.#widths;
    rows.forEach((row, to) => {
      for (let i = 0; i < observations; i++) {
        this.observations[to * observations + i] = from.observations[row * observations + i]!;
      }
      for (let i = 0; i < actions; i++) this.actions[to * actions + i] = from.actions[row * actions + i]!;
      this.logProbabilities[to] = from.logProbabilities[row]!;
      this.values[to] = from.values[row]!;
      this.advantages[to] = from.advantages[row]!;
      this.returns[to] = from.returns[row]!;
    });
  }
}

/** Scales at least two values to mean 0 and sample deviation 1 (divided by n − 1), in place. */
function standardise(values: Float64Array): void {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (values.length - 1)) + TINY;
  for (let i = 0; i < values.length; i++) values[i] = (values[i]! - mean) / deviation;
}

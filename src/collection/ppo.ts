/**
 * Proximal policy optimisation: Schulman, Wolski, Dhariwal, Radford and Klimov, "Proximal policy optimization algorithms" (2017),
 * with the clipped objective and generalised advantage estimation (generalised-advantages.ts). The settings are those
 * that are widely used for continuous control, among them what the paper leaves out: observations normalised by what was
 * seen so far, rewards divided by the deviation of their discounted sums, both clipped at ±10; orthogonal weights; a rate that falls
 * to 0; and the value of the state where a time limit cut an episode, which is no end of it.
 *
 * One thread, one engine. Every random number follows from the seed and the step, and each iteration sets the body where the last
 * one left it, so that a run which is resumed from its state has the bits of one that was not.
 */
import { parameterCount } from '../math/plain-mlp.ts';
import { RunningMoments, type Moments } from '../math/running-moments.ts';
import { RandomStream } from '../math/streams.ts';
import type { Environment } from '../environments/environment.ts';
import { RowLog } from '../environments/rollouts/episode.ts';
import type { MlpPolicy } from '../environments/rollouts/network-policy.ts';
import type { EpisodeResult } from '../environments/rollouts/protocol.ts';
import { EPISODE_STEPS, BODIES } from '../environments/bodies/index.ts';
import { ActorCritic, initialParameters, policySizes, type ActorCriticWidths } from './actor-critic.ts';
import { AdamStep } from './adam-step.ts';
import type { TrainingSetting } from './evaluate.ts';
import { generalisedAdvantages } from './generalised-advantages.ts';
import { PpoMemory, standardise } from './ppo-memory.ts';

export interface PpoConfig extends TrainingSetting {
  /** Steps over which the rate falls to 0: the whole run. */
  readonly decaySteps: number;
  /** Steps of an iteration. */
  readonly horizon: number;
  /** Times that each step of an iteration is learned from. */
  readonly epochs: number;
  readonly minibatch: number;
  /** γ, discount. */
  readonly discount: number;
  /** λ of generalised advantage estimation. */
  readonly traceDecay: number;
  /** ε */
  readonly clip: number;
  /** Adam's rate at the beginning. */
  readonly learningRate: number;
  readonly valueCoefficient: number;
  /** The gradient is made no longer than this. */
  readonly gradientNorm: number;
  /** Width of both hidden layers of both networks. */
  readonly hidden: number;
}

/** The paper's settings for MuJoCo (its table 3), and the two losses' weight and the gradient's bound of its published code. */
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

/** All that a run is, between two iterations. */
export interface PpoState {
  readonly config: PpoConfig;
  readonly iteration: number;
  /** Steps of the environment that it has learned from. */
  readonly steps: number;
  /** Of both networks, and Adam's moments of them. */
  readonly params: Float64Array;
  readonly firstMoments: Float64Array;
  readonly secondMoments: Float64Array;
  /** Of all observations so far, and of the discounted sums of rewards. */
  readonly observations: Moments;
  readonly returns: Moments;
  /** The discounted sum of rewards of the episode under way. */
  readonly discounted: number;
  /** The episode under way, and where in it the body is; no positions before the first iteration. */
  readonly episode: number;
  readonly episodeSteps: number;
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
}

/** Normalised observations and rewards are clipped to ± this. */
const BOUND = 10;
/** Keeps a division by a deviation of 0 finite. */
const TINY = 1e-8;
const ADAM_EPSILON = 1e-5;

/** Widths of the networks of a run. */
export function ppoWidths({ environment, hidden }: PpoConfig): ActorCriticWidths {
  const { observations, actions } = BODIES[environment];
  return { observations, actions, hidden: [hidden, hidden] };
}

/** A run that has learned nothing. @throws RangeError if minibatches do not fill an iteration. */
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

/** A run under way, in an environment that nobody else uses meanwhile. */
export class PpoLearner {
  private readonly config: PpoConfig;
  private readonly environment: Environment;
  private readonly networks: ActorCritic;
  private readonly adam: AdamStep;
  private readonly observationMoments: RunningMoments;
  private readonly returnMoments: RunningMoments;
  private readonly actionStream: RandomStream;
  private readonly shuffleStream: RandomStream;
  private readonly memory: PpoMemory;
  private readonly batch: PpoMemory;
  private readonly log: RowLog | null;
  private readonly seen: ((episode: EpisodeResult) => void) | undefined;
  /** Iterations so far. */
  iteration: number;
  private discounted: number;
  private episode: number;
  private episodeSteps: number;
  /** Whether the log has the episode under way from its beginning. */
  private logged: boolean;
  private episodeReturn = 0;
  private qpos: Float64Array;
  private qvel: Float64Array;

  /**
   * @param environment of the run's body, variant and seed.
   * @param seen told of every episode with its rows; of those alone that began here.
   */
  constructor(state: PpoState, environment: Environment, seen?: (episode: EpisodeResult) => void) {
    const { config } = state;
    const { horizon, minibatch, seed } = config;
    const widths = ppoWidths(config);
    this.config = config;
    this.environment = environment;
    this.networks = new ActorCritic(widths, state.params.slice(), minibatch);
    this.adam = new AdamStep(state.firstMoments.slice(), state.secondMoments.slice(), ADAM_EPSILON);
    this.observationMoments = new RunningMoments(state.observations);
    this.returnMoments = new RunningMoments(state.returns);
    this.actionStream = new RandomStream(seed, 'ppo/actions');
    this.shuffleStream = new RandomStream(seed, 'ppo/shuffle');
    this.memory = new PpoMemory(horizon, widths);
    this.batch = new PpoMemory(minibatch, widths);
    this.seen = seen;
    this.log = seen ? new RowLog(widths.observations, widths.actions) : null;
    this.iteration = state.iteration;
    this.discounted = state.discounted;
    this.episode = state.episode;
    this.episodeSteps = state.episodeSteps;
    this.logged = seen !== undefined && state.episodeSteps === 0;
    this.qpos = state.qpos;
    this.qvel = state.qvel;
  }

  get steps(): number {
    return this.iteration * this.config.horizon;
  }

  state(): PpoState {
    const { config, iteration, steps, networks, adam, discounted, episode, episodeSteps, qpos, qvel } = this;
    return {
      config,
      iteration,
      steps,
      params: networks.params.slice(),
      firstMoments: adam.first.slice(),
      secondMoments: adam.second.slice(),
      observations: this.observationMoments.taken(),
      returns: this.returnMoments.taken(),
      discounted,
      episode,
      episodeSteps,
      qpos,
      qvel,
    };
  }

  /** The policy without its noise. */
  policy(): MlpPolicy {
    const { networks, observationMoments: moments } = this;
    const sizes = policySizes(networks.widths);
    return {
      kind: 'mlp',
      network: {
        sizes,
        activation: 'tanh',
        params: Float32Array.from(networks.params.subarray(0, parameterCount(sizes))),
      },
      squash: 'clip',
      normalisation: {
        mean: Float32Array.from(moments.mean),
        deviation: Float32Array.from(moments.mean, (_, i) => Math.sqrt(moments.variance(i) + TINY)),
        bound: BOUND,
      },
    };
  }

  /** One iteration: plays, then learns from what was played. */
  iterate(): void {
    this.play();
    this.learn();
    this.iteration++;
  }

  private play(): void {
    const { environment, memory, networks, config } = this;
    if (this.qpos.length === 0) environment.reset(this.episode);
    else environment.setState(this.qpos, this.qvel);
    const width = networks.widths.actions;
    const noise = new Float32Array(width);
    const deviations = networks.logDeviations.map(Math.exp);
    const state = new Float64Array(networks.widths.observations);
    const action = new Float64Array(width);
    for (let t = 0; t < config.horizon; t++) {
      this.observationMoments.add(environment.observation);
      this.normalise(state);
      const means = networks.means(state, 1);
      this.actionStream.fillNormal(noise, this.steps + t);
      for (let i = 0; i < width; i++) action[i] = means[i]! + deviations[i]! * noise[i]!;
      memory.observations.set(state, t * state.length);
      memory.actions.set(action, t * width);
      memory.logProbabilities[t] = networks.logProbability(means, action, 0);
      this.step(t, action, state);
    }
    memory.values.set(this.valuesOfMemory());
    this.normalise(state);
    memory.values[config.horizon] = networks.values(state, 1)[0]!;
    const { qpos, qvel } = environment.physics.state();
    this.qpos = qpos.slice();
    this.qvel = qvel.slice();
  }

  /** One step of the body; `state` is overwritten. */
  private step(t: number, action: Float64Array, state: Float64Array): void {
    const { environment, memory, config, log } = this;
    for (let i = 0; i < action.length; i++) action[i] = Math.max(-1, Math.min(1, action[i]!));
    log?.before(this.episodeSteps, environment.observation, action);
    const { reward, terminal } = environment.step(action);
    log?.after(this.episodeSteps, reward);
    this.episodeReturn += reward;
    this.discounted = config.discount * this.discounted + reward;
    this.returnMoments.add([this.discounted]);
    const scale = 1 / Math.sqrt(this.returnMoments.variance(0) + TINY);
    memory.rewards[t] = Math.max(-BOUND, Math.min(BOUND, reward * scale));
    this.episodeSteps++;
    // The environment's own count begins anew with each iteration.
    const timeout = !terminal && this.episodeSteps >= EPISODE_STEPS;
    memory.ends[t] = terminal || timeout ? 1 : 0;
    if (!terminal && !timeout) return;
    if (timeout) {
      this.normalise(state);
      memory.rewards[t]! += config.discount * this.networks.values(state, 1)[0]!;
    }
    this.endEpisode(terminal);
  }

  private endEpisode(terminal: boolean): void {
    const { episode, episodeSteps: steps, log } = this;
    if (log && this.logged) {
      this.seen?.({ episode, policy: 0, return: this.episodeReturn, steps, terminal, rows: log.taken(steps) });
    }
    this.logged = true;
    this.episode++;
    this.episodeSteps = 0;
    this.episodeReturn = 0;
    this.discounted = 0;
    this.environment.reset(this.episode);
  }

  /** The observation as the networks see it. */
  private normalise(state: Float64Array): void {
    const { observation } = this.environment;
    const { observationMoments: moments } = this;
    for (let i = 0; i < state.length; i++) {
      const value = (observation[i]! - moments.mean[i]!) / Math.sqrt(moments.variance(i) + TINY);
      state[i] = Math.max(-BOUND, Math.min(BOUND, value));
    }
  }

  private valuesOfMemory(): Float64Array {
    const { memory, networks, config } = this;
    const width = networks.widths.observations;
    const values = new Float64Array(config.horizon);
    for (let at = 0; at < config.horizon; at += config.minibatch) {
      const rows = memory.observations.subarray(at * width, (at + config.minibatch) * width);
      values.set(networks.values(rows, config.minibatch), at);
    }
    return values;
  }

  private learn(): void {
    const { memory, batch, networks, adam, config, iteration } = this;
    const { horizon, epochs, minibatch } = config;
    const estimates = generalisedAdvantages(memory.rewards, memory.values, memory.ends, config);
    memory.advantages.set(estimates);
    for (let t = 0; t < horizon; t++) memory.returns[t] = estimates[t]! + memory.values[t]!;
    const rate = config.learningRate * Math.max(0, 1 - iteration / Math.ceil(config.decaySteps / horizon));
    let updates = iteration * epochs * (horizon / minibatch);
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = this.shuffled(epoch);
      for (let at = 0; at < horizon; at += minibatch) {
        batch.gather(memory, order.subarray(at, at + minibatch));
        standardise(batch.advantages);
        networks.loss(batch, config);
        shorten(networks.gradient, config.gradientNorm);
        adam.step(networks.params, networks.gradient, rate, ++updates);
      }
    }
  }

  /** The steps of the memory in a random order, which depends on seed, iteration and epoch. */
  private shuffled(epoch: number): Int32Array {
    const { horizon } = this.config;
    const order = Int32Array.from({ length: horizon }, (_, i) => i);
    const uniform = new Float64Array(horizon);
    this.shuffleStream.fillUniform(uniform, this.iteration, epoch);
    for (let i = horizon - 1; i > 0; i--) {
      const j = Math.floor(uniform[i]! * (i + 1));
      const held = order[i]!;
      order[i] = order[j]!;
      order[j] = held;
    }
    return order;
  }
}

/** No longer than this. */
function shorten(gradient: Float64Array, norm: number): void {
  let squares = 0;
  for (let i = 0; i < gradient.length; i++) squares += gradient[i]! ** 2;
  const length = Math.sqrt(squares);
  if (length <= norm) return;
  const scale = norm / length;
  for (let i = 0; i < gradient.length; i++) gradient[i]! *= scale;
}
